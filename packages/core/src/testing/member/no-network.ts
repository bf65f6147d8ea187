import type { Network } from '../transport/harness.ts'

function refuse(): never {
  throw new Error('There is no fault proxy between this member and its broker')
}

export const noNetwork: Network = { reset: refuse, blackHole: refuse, dropResponses: refuse, heal: refuse }
