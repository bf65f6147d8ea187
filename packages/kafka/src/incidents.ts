import type { Logger } from '@eventspine/core'
import type { Incident } from '@eventspine/core/transport'

const kept = 20

/** What befell the broker side: for `probe()`, and for whoever logs. */
export class Incidents {
  readonly #logger: Logger | undefined
  readonly #list: Incident[] = []
  readonly #troubled = new Set<object>()

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

  /** `who` lost its connection; told once until it is well. */
  trouble(who: object, error: unknown): void {
    if (this.#troubled.size === 0) this.add('disconnected', error instanceof Error ? error.message : 'no answer')
    this.#troubled.add(who)
  }

  well(who: object): void {
    if (this.#troubled.delete(who) && this.#troubled.size === 0) this.add('reconnected', 'the broker answers again')
  }
}
