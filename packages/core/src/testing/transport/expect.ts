import assert from 'node:assert/strict'
import { isEventspineError } from '../../error.ts'
import type { Outcome } from '../../transport/message.ts'

/** `work` rejects with an error of ours that has this code. */
export async function refuses(work: Promise<unknown>, code: string, what = ''): Promise<void> {
  const error = await work.then(
    () => assert.fail(`expected a rejection with ${code}, but it resolved ${what}`.trimEnd()),
    (reason: unknown) => reason,
  )
  assert.ok(isEventspineError(error), `expected an error with code ${code}, got ${error} ${what}`)
  assert.equal(error.code, code, `${error.name}: ${error.message} ${what}`)
}

/** `accepted`, `unknown`, or the code of the refusal. */
export function verdict(outcome: Outcome): string {
  if (outcome.accepted === true) return 'accepted'
  return outcome.accepted === 'unknown' ? 'unknown' : outcome.error.code
}
