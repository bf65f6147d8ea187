import type { Connection } from './connection.ts'
import type { Tables } from './schema.ts'

/** Rows per step: some milliseconds under the write lock that the application waits for. */
const stepRows = 1_000

export function cleanUp(
  connection: Connection,
  { log, partitions }: Tables,
): Promise<{ removed: number; more: boolean }> {
  const text = `delete from ${log} where seq in (
    select log.seq from ${partitions} as owned join ${log} as log on log.partition = owned.partition and log.seq <= owned.cursor
    limit ${stepRows})`
  return connection.write(() => {
    const removed = Number(connection.sql(text).run().changes)
    return { removed, more: removed === stepRows }
  })
}
