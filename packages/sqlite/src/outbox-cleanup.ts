import type { Connection } from './connection.ts'
import type { Tables } from './schema.ts'

/** A step takes some milliseconds under the write lock that the application waits for: large bodies are many pages to free. */
const stepRows = 1_000
const stepBytes = 4 * 1024 * 1024

interface Candidate {
  readonly seq: number
  readonly bytes: number
}

export function cleanUp(
  connection: Connection,
  { log, partitions }: Tables,
): Promise<{ removed: number; more: boolean }> {
  const candidates = `select log.seq, coalesce(length(log.body), 0) as bytes
    from ${partitions} as owned join ${log} as log on log.partition = owned.partition and log.seq <= owned.cursor
    limit ${stepRows}`
  const remove = `delete from ${log} where seq in (select value from json_each(?))`
  return connection.write(() => {
    const relayed = connection.sql(candidates).all() as unknown as Candidate[]
    const step = withinBytes(relayed)
    if (step.length > 0) connection.sql(remove).run(JSON.stringify(step))
    return { removed: step.length, more: step.length < relayed.length || relayed.length === stepRows }
  })
}

/** The first one always. */
function withinBytes(candidates: readonly Candidate[]): number[] {
  let bytes = 0
  const end = candidates.findIndex((candidate, index) => {
    bytes += candidate.bytes
    return index > 0 && bytes > stepBytes
  })
  return candidates.slice(0, end === -1 ? undefined : end).map(({ seq }) => seq)
}
