import { setTimeout as sleep } from 'node:timers/promises'
import { ServerFailedError } from './errors.ts'
import type { Recipe } from './recipe.ts'

export interface Wait {
  readonly recipe: Recipe
  readonly port: number
  readonly deadlineMs: number
  /** How the server ended, if it did. */
  exit(): string | undefined
  log(): Promise<string>
}

/** Asks until the server answers; rejects with {@link ServerFailedError} when it has ended or the time is up. */
export async function untilReady({ recipe, port, deadlineMs, exit, log }: Wait): Promise<void> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    try {
      return await recipe.ready(port, AbortSignal.timeout(1000))
    } catch (cause) {
      const ended = exit()
      const why = ended === undefined ? `did not answer within ${deadlineMs} ms` : `ended with ${ended}`
      if (ended !== undefined || Date.now() > deadline) {
        throw new ServerFailedError(`${recipe.name} ${why}. The end of its log:\n${await log()}`, { cause })
      }
    }
    await sleep(40)
  }
}
