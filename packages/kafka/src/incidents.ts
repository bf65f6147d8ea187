import type { Logger } from '@eventspine/core'
import type { Incident } from '@eventspine/core/transport'

const kept = 20

/** What befell the broker side: for `probe()`, and for whoever logs. */
export class Incidents {
  readonly #logger: Logger | undefined
  readonly #list: Incident[] = []
  readonly #troubled = new Set<object>()
  #isAway = false

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  get list(): readonly Incident[] {
    return [...this.#list]
  }

  /** Nothing that was in trouble is well again yet. */
  get isTroubled(): boolean {
    return this.#troubled.size > 0
  }

  add(kind: Incident['kind'], detail: string): void {
    this.#list.push({ at: Date.now(), kind, detail })
    if (this.#list.length > kept) this.#list.shift()
    const isGood = kind === 'reconnected' || kind === 'recreated'
    this.#logger?.[isGood ? 'info' : 'warn']({ kind }, detail)
  }

  /** `who` lost its connection; told once until one of those who did is well. */
  trouble(who: object, error: unknown): void {
    this.#troubled.add(who)
    if (this.#isAway) return
    this.#isAway = true
    this.add('disconnected', error instanceof Error ? error.message : 'no answer')
  }

  well(who: object): void {
    if (!this.#troubled.delete(who) || !this.#isAway) return
    this.#isAway = false
    this.add('reconnected', 'the broker answers again')
  }

  /** It is over, well or not. */
  forget(who: object): void {
    this.#troubled.delete(who)
  }
}
