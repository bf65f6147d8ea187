import type { Case, Load, Running } from './case.ts'
import { collectGarbage } from './garbage.ts'
import { median } from './statistics.ts'

/** What one subject reached in one case. */
export interface Result {
  readonly subject: string
  /** The median of its rounds, in the unit of the case. */
  readonly value: number
  /** Of the medians, to `raw`; undefined in a case without a floor. */
  readonly ratio: number | undefined
  /** The lowest and the highest ratio of two rounds that stood side by side: how much to trust the last digit. */
  readonly ratioRange: readonly [lowest: number, highest: number] | undefined
}

export interface MeasureOptions {
  readonly events?: number | undefined
  readonly rounds?: number | undefined
  say(line: string): void
}

/**
 * Measures the subjects of a case in turn, round by round: whatever the machine does meanwhile hits them all. Absolute
 * figures are this machine's at this moment; only the ratios travel.
 */
export async function measure(definition: Case, options: MeasureOptions): Promise<Result[]> {
  const { events = 1, rounds = 9, warmUpRounds = 2, subjects } = definition
  const load: Load = { events: options.events ?? events, say: options.say }
  const running = new Map<string, Running>()
  try {
    for (const [name, open] of Object.entries(subjects)) running.set(name, await open(load))
    await playRounds(running, warmUpRounds)
    return compare(await playRounds(running, options.rounds ?? rounds))
  } finally {
    for (const subject of running.values()) await subject.close?.()
  }
}

type Figures = ReadonlyMap<string, readonly number[]>

async function playRounds(running: ReadonlyMap<string, Running>, rounds: number): Promise<Figures> {
  const figures = new Map([...running.keys()].map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, subject] of running) {
      collectGarbage()
      figures.get(name)?.push(await subject.round())
    }
  }
  return figures
}

/** Puts the figures of each subject beside those of `raw`. */
export function compare(figures: Figures): Result[] {
  const floor = figures.get('raw')
  return [...figures].map(([subject, values]): Result => {
    const value = median(values)
    if (floor === undefined) return { subject, value, ratio: undefined, ratioRange: undefined }
    const ratios = values.map((each, round) => each / (floor[round] as number))
    return { subject, value, ratio: value / median(floor), ratioRange: [Math.min(...ratios), Math.max(...ratios)] }
  })
}
