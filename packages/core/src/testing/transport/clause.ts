import type { Capabilities } from '../../transport/capabilities.ts'
import type { Scene } from './scene.ts'

/** One thing that every transport does the same way, as a test. */
export interface Clause {
  /** As in the reliability programme: `C06`. Several clauses may share one. */
  readonly id: string
  /** A sentence in the present tense. */
  readonly title: string
  readonly run: (scene: Scene) => Promise<void>
  /** Which servers it holds for. Never without its opposite: a flag that turns a clause off turns that on. */
  readonly choice?: Choice
}

export interface Choice {
  readonly when: (capabilities: Capabilities) => boolean
  readonly otherwise: { readonly title: string; readonly run: (scene: Scene) => Promise<void> }
}

/** Clauses that belong together: one file. */
export interface Family {
  readonly title: string
  readonly clauses: readonly Clause[]
}

export function clause(id: string, title: string, run: Clause['run']): Clause
export function clause(id: string, title: string, choice: Choice, run: Clause['run']): Clause
export function clause(id: string, title: string, second: Choice | Clause['run'], third?: Clause['run']): Clause {
  if (typeof second === 'function') return { id, title, run: second }
  return { id, title, choice: second, run: third as Clause['run'] }
}

/** The side of the clause that this server must show. */
export function chosen(clause: Clause, capabilities: Capabilities): { title: string; run: Clause['run'] } {
  if (clause.choice === undefined || clause.choice.when(capabilities)) return clause
  return clause.choice.otherwise
}
