import type { Catalog } from './catalog.ts'
import type { Cluster, FetchedRecord, Place } from './driver/driver.ts'
import { DriverError } from './driver/driver.ts'
import { retrying } from './retrying.ts'

const fetchBytes = 1_048_576
const patienceMs = 60_000

/** What a partition holds now, from `from` on: a snapshot, read without a group. */
export async function* readLog(
  cluster: Cluster,
  catalog: Catalog,
  place: Place,
  from = 0,
): AsyncGenerator<FetchedRecord, void, undefined> {
  const [earliest] = await catalog.listOffsets([place], 'earliest')
  const [latest] = await catalog.listOffsets([place], 'latest')
  const end = latest?.offset ?? 0
  let offset = Math.max(from, earliest?.offset ?? 0)
  while (offset < end) {
    const fetched = await retrying(() => fetchOnce(cluster, catalog, place, offset), { withinMs: patienceMs })
    for (const record of fetched.records) if (record.offset < end) yield record
    // A hole without a record in it, up to the end.
    offset = fetched.next > offset ? fetched.next : end
  }
}

async function fetchOnce(cluster: Cluster, catalog: Catalog, place: Place, offset: number) {
  const leader = catalog.known(place.topic)?.[place.partition]?.leader ?? -1
  const request = { places: [{ ...place, offset, maxBytes: fetchBytes }], maxWaitMs: 200, maxBytes: fetchBytes }
  const [fetched] = leader < 0 ? [] : await cluster.fetch(leader, request)
  if (fetched !== undefined && fetched.error === undefined) return fetched
  await catalog.refresh([place.topic])
  throw new DriverError(fetched?.error ?? 'LEADER_NOT_AVAILABLE', `Reading ${place.topic}/${place.partition}`)
}
