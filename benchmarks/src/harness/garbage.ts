import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Asked for here, so that nobody has to remember `--expose-gc`; only contexts made later have the function.
setFlagsFromString('--expose-gc')

/** A full collection, now: a round doesn't pay for what the one before left behind. */
export const collectGarbage: () => void = runInNewContext('gc')

const bytesPerMiB = 2 ** 20

/** What is alive after a full collection, buffers outside the heap included. */
export function liveMiB(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / bytesPerMiB
}
