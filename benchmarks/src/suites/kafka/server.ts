import { randomUUID } from 'node:crypto'
import { type Server, startKafka } from '@eventspine/brokers'

export const partitions = 4

let starting: Promise<Server> | undefined

/** One Kafka for the whole suite: started for the first case that asks, stopped when nothing is left to do. */
export async function kafkaUrl(): Promise<string> {
  starting ??= startKafka().then((server) => {
    process.once('beforeExit', () => server.stop())
    return server
  })
  return `${(await starting).url}?partitions=${partitions}`
}

/** The server may be one that has seen other runs. */
const run = randomUUID().slice(0, 8)
let named = 0

/** A name that no topic and no group has. */
export function freshName(what: string): string {
  return `bench-${run}-${what}-${++named}`
}
