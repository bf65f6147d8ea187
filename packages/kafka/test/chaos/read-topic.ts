import type { Sighting } from '@eventspine/core/testing'
import { Catalog } from '../../src/catalog.ts'
import { kafkajsDriver } from '../../src/driver/kafkajs-driver.ts'
import { fromRecord } from '../../src/mapper.ts'
import { toSettings } from '../../src/options.ts'
import { readLog } from '../../src/read-log.ts'

/** All that a topic holds, a list for each partition, read without a group. */
export async function readTopic(broker: string, topic: string): Promise<Sighting[][]> {
  const settings = toSettings({ brokers: [broker] })
  const cluster = kafkajsDriver(settings.seeds, settings).open()
  const catalog = new Catalog(cluster, new AbortController().signal, 60_000)
  const found: Sighting[][] = []
  try {
    const partitions = (await catalog.refresh([topic])).get(topic) ?? []
    for (const { partition } of partitions) {
      const log: Sighting[] = []
      found.push(log)
      for await (const record of readLog(cluster, catalog, { topic, partition })) {
        const { id, key } = fromRecord(topic, partition, record).message
        log.push({ id, key, topic })
      }
    }
  } finally {
    cluster.close()
  }
  return found
}
