/** What a subject is told before its first round. */
export interface Load {
  /** Events in a round. */
  readonly events: number
  /** A line for whoever watches; the figures go elsewhere. */
  say(line: string): void
}

/** A subject set up and ready to be measured. */
export interface Running {
  /** Does the work of one round and returns its figure, in the unit of the case. */
  round(): number | Promise<number>
  close?(): Promise<void>
}

/** One of those compared: `raw` is the floor of its case, `eventspine` is us, any other name is a peer. */
export type Subject = (load: Load) => Running | Promise<Running>

/** What `eventspine` has to reach. */
export interface Bar {
  /** `ratio` is that to `raw` in the same run; `value` is in the unit of the case. */
  readonly of: 'ratio' | 'value'
  readonly atLeast?: number
  readonly atMost?: number
  /** Missing it fails the run even without `--enforce`: it doesn't depend on how busy the machine is. */
  readonly enforced?: boolean
}

export interface Case {
  readonly suite: string
  readonly case: string
  readonly unit: string
  /** Events in a round, unless the command line says otherwise. Default 1. */
  readonly events?: number
  /** Measured rounds of each subject. Default 9. */
  readonly rounds?: number
  /** Rounds of each subject before these, not counted. Default 2. */
  readonly warmUpRounds?: number
  readonly bar?: Bar
  /** In the order of a round: A B C, A B C, … */
  readonly subjects: Readonly<Record<string, Subject>>
}

/** Declares something to compare. Throws when nobody could tell what to do with it. */
export function defineCase(definition: Case): Case {
  const { subjects, bar } = definition
  const name = nameOf(definition)
  if (Object.keys(subjects).length === 0) throw new TypeError(`${name} has no subject`)
  if (bar?.of === 'ratio' && subjects.raw === undefined) throw new TypeError(`${name}: a ratio needs the subject raw`)
  if (bar !== undefined && subjects.eventspine === undefined) {
    throw new TypeError(`${name}: a bar is for the subject eventspine`)
  }
  return definition
}

/** `core/publish-lone`: how the command line names a case. */
export function nameOf({ suite, case: name }: Pick<Case, 'suite' | 'case'>): string {
  return `${suite}/${name}`
}
