/**
 * What is committed for a partition: the low-water mark, below which everything is settled, and in the commit's metadata
 * what the next owner must know of the offsets from there on. Kafka keeps 4,096 bytes of it by default.
 */
export interface Position {
  readonly low: number
  /** Settled already, ascending: inclusive runs. */
  readonly finished: readonly Run[]
  /** In-place attempts that failed, by offset. */
  readonly attempts: ReadonlyMap<number, number>
  /** Offsets below this may be in somebody's hands; undefined = nobody's, the last owner gave up in peace. */
  readonly reserved: number | undefined
  /** How often offsets were in the hands of an owner that vanished: inclusive runs, ascending. */
  readonly suspects: readonly Suspects[]
}

export interface Run {
  readonly from: number
  readonly to: number
}

export interface Suspects extends Run {
  readonly times: number
}

const version = '1'

/**
 * Packed into at most `limit` bytes (ASCII). What doesn't fit is left out from the far end: finished runs first (they repeat),
 * then suspicions, attempts last.
 */
export function encodeMetadata({ low, finished, attempts, reserved, suspects }: Position, limit: number): string {
  const head = `${version}|${reserved === undefined ? '' : pack(reserved - low)}`
  let room = limit - head.length - 3
  const take = (parts: readonly string[]): string => {
    const taken: string[] = []
    for (const part of parts) {
      if (part.length + 1 > room) break
      room -= part.length + 1
      taken.push(part)
    }
    return taken.join(',')
  }
  const tried = take([...attempts].map(([offset, count]) => `${pack(offset - low)}.${pack(count)}`))
  const suspected = take(suspects.map(({ from, to, times }) => `${pack(from - low)}.${pack(to - from)}.${pack(times)}`))
  const done = take(finished.map(({ from, to }) => `${pack(from - low)}.${pack(to - from)}`))
  return `${head}|${done}|${tried}|${suspected}`
}

/** Whatever somebody else committed means nothing more than its offset. */
export function decodeMetadata(low: number, metadata: string): Position {
  const plain: Position = { low, finished: [], attempts: new Map(), reserved: undefined, suspects: [] }
  const parts = metadata.split('|')
  if (parts.length !== 5 || parts[0] !== version) return plain
  const [, reserved = '', done = '', tried = '', suspected = ''] = parts
  return {
    low,
    reserved: reserved === '' ? undefined : low + unpack(reserved),
    finished: fields(done, 2).map(([from = 0, length = 0]) => ({ from: low + from, to: low + from + length })),
    attempts: new Map(fields(tried, 2).map(([offset = 0, count = 0]) => [low + offset, count])),
    suspects: fields(suspected, 3).map(([from = 0, length = 0, times = 0]) => ({
      from: low + from,
      to: low + from + length,
      times,
    })),
  }
}

const pack = (value: number): string => Math.max(0, value).toString(36)
const unpack = (text: string): number => Number.parseInt(text, 36)

function fields(text: string, count: number): number[][] {
  if (text === '') return []
  return text
    .split(',')
    .map((part) => part.split('.').map(unpack))
    .filter((numbers) => numbers.length === count && numbers.every(Number.isSafeInteger))
}

/** The suspicions after an owner vanished who may have had everything from `low` to `reserved` in hand. */
export function suspectsAfterCrash({ low, reserved, suspects, finished }: Position): Suspects[] {
  if (reserved === undefined) return [...suspects]
  const edges = new Set([low, reserved])
  for (const { from, to } of [...suspects, ...finished]) edges.add(from).add(to + 1)
  const sorted = [...edges].filter((edge) => edge >= low).sort((a, b) => a - b)
  const runs: Suspects[] = []
  for (let i = 0; i + 1 < sorted.length; i++) {
    const from = sorted[i] as number
    const to = (sorted[i + 1] as number) - 1
    if (finished.some((run) => run.from <= from && to <= run.to)) continue
    const before = suspects.find((run) => run.from <= from && to <= run.to)?.times ?? 0
    const times = before + (to < reserved ? 1 : 0)
    if (times > 0) runs.push({ from, to, times })
  }
  return runs
}

export const timesOf = (suspects: readonly Suspects[], offset: number): number =>
  suspects.find(({ from, to }) => from <= offset && offset <= to)?.times ?? 0
