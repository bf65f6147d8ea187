/** What the checker needs to know of a message, sent or arrived. `key` undefined: no order. */
export interface Sighting {
  readonly id: string
  readonly topic: string
  readonly key?: string | undefined
}

/** What a group got, held against what was published. Lists are in order of arrival. */
export interface Verdict {
  /** Published and never arrived. */
  readonly lost: readonly string[]
  /** Arrived and never published. */
  readonly ghosts: readonly string[]
  /** Arrivals beyond the first of an id. */
  readonly duplicates: readonly string[]
  /** First arrivals that came after a later one of their key: broken order. */
  readonly inversions: readonly Inversion[]
  /** The same over all arrivals: a duplicate that comes late regresses. Reported, allowed. */
  readonly regressions: number
}

export interface Inversion {
  readonly key: string
  readonly id: string
  /** The newest of the key that had arrived before it. */
  readonly after: string
}

/** `published` holds each key's messages in the order of their publishing; `arrivals` is the order of arrival over all members. */
export function check(published: readonly Sighting[], arrivals: readonly Sighting[]): Verdict {
  const place = new Map(published.map((message, index) => [message.id, index]))
  const seen = new Set<string>()
  const ghosts: string[] = []
  const duplicates: string[] = []
  const inversions: Inversion[] = []
  const newest = new Map<string, Sighting>()
  const latest = new Map<string, number>()
  let regressions = 0

  for (const arrival of arrivals) {
    const at = place.get(arrival.id)
    if (at === undefined) {
      ghosts.push(arrival.id)
      continue
    }
    const isFirst = !seen.has(arrival.id)
    seen.add(arrival.id)
    if (!isFirst) duplicates.push(arrival.id)
    if (arrival.key === undefined) continue

    const lane = JSON.stringify([arrival.topic, arrival.key])
    if (at < (latest.get(lane) ?? -1)) regressions += 1
    latest.set(lane, at)
    if (!isFirst) continue
    const before = newest.get(lane)
    if (before !== undefined && at < (place.get(before.id) ?? -1)) {
      inversions.push({ key: arrival.key, id: arrival.id, after: before.id })
    } else {
      newest.set(lane, arrival)
    }
  }
  const lost = published.filter((message) => !seen.has(message.id)).map((message) => message.id)
  return { lost, ghosts, duplicates, inversions, regressions }
}

/** What a clause allows; nothing is ever lost and no ghost appears. */
export interface Bar {
  /** How many duplicates; 0 by default. */
  readonly duplicates?: number
  /** Whether a key's first arrivals must be in order. */
  readonly ordered?: boolean
}

/** One line per broken promise; empty when the bar is met. */
export function breaches(verdict: Verdict, bar: Bar = {}): readonly string[] {
  const found: string[] = []
  if (verdict.lost.length > 0) found.push(`lost ${list(verdict.lost)}`)
  if (verdict.ghosts.length > 0) found.push(`ghosts ${list(verdict.ghosts)}`)
  const allowed = bar.duplicates ?? 0
  if (verdict.duplicates.length > allowed) {
    found.push(`duplicates ${list(verdict.duplicates)}${allowed > 0 ? `, at most ${allowed} allowed` : ''}`)
  }
  if (bar.ordered === true && verdict.inversions.length > 0) {
    const inversions = verdict.inversions.map(({ key, id, after }) => `${id} after ${after} (key ${key})`)
    found.push(`inversions ${list(inversions)}; ${verdict.regressions} regressions`)
  }
  return found
}

const shown = 8

/** `3 (a, b, c)`, cut to the first few. */
function list(items: readonly string[]): string {
  const rest = items.length > shown ? `, … ${items.length - shown} more` : ''
  return `${items.length} (${items.slice(0, shown).join(', ')}${rest})`
}
