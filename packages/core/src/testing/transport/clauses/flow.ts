import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { clause, type Family } from '../clause.ts'
import type { Scene } from '../scene.ts'

const prefetch = 50
const prefetchBytes = 1024 * 1024
const growthBytes = 64 * 1024 * 1024

/** A batch is taken from what was held unyielded, so it can't exceed that bound. */
async function batchesKeepTheBound(scene: Scene, bound: { prefetch: number; prefetchBytes: number }): Promise<void> {
  const topic = await scene.topic()
  const { transport } = await scene.main()
  const group = await scene.declaredGroup(topic)
  const sent = scene.messages(topic, 400, { bytes: 10_000 })
  await scene.publish(sent)
  const subscription = await transport.subscribe({ group, ...bound, leaseMs: scene.timing.leaseMs })
  const seen = new Set<string>()
  for await (const batch of subscription) {
    const bytes = batch.reduce((sum, { message }) => sum + (message.body?.byteLength ?? 0), 0)
    assert.ok(batch.length > 0, 'a batch holds something')
    assert.ok(batch.length <= bound.prefetch, `a batch of ${batch.length} with a prefetch of ${bound.prefetch}`)
    assert.ok(bytes <= bound.prefetchBytes, `a batch of ${bytes} bytes with a prefetch of ${bound.prefetchBytes}`)
    for (const { message } of batch) seen.add(message.id)
    await subscription.settle(batch.map((delivery) => ({ delivery, as: 'ack' })))
    if (seen.size === sent.length) break
  }
  await subscription.close()
}

async function oneMayExceedTheBound(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const got = await scene.consume(scene.group(topic), { prefetch: 1, prefetchBytes: 1 })
  const sent = scene.messages(topic, 20, { bytes: 1_000 })
  await scene.publish(sent)
  await got.completes(sent)
}

async function slowReaderStaysSmall(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = await scene.declaredGroup(topic)
  for (let left = scene.backlog; left > 0; left -= 10_000) {
    await scene.publish(scene.messages(topic, Math.min(left, 10_000)))
  }
  const member = await scene.member({ isolated: true })
  const before = await member.memoryBytes()
  let handled = 0
  const got = await scene.consume(group, {
    on: member,
    prefetch,
    prefetchBytes,
    handle: async (delivery) => {
      handled += 1
      if (handled % 5 === 0) await delay(2)
      return { delivery, as: 'ack' }
    },
  })
  await got.count(200)
  const growth = (await member.memoryBytes()) - before
  await got.close()
  assert.ok(
    growth <= growthBytes + prefetchBytes,
    `a slow member grew by ${growth} bytes before ${scene.backlog} messages`,
  )
}

export const flow: Family = {
  title: 'flow',
  clauses: [
    clause('C38', 'a batch holds at most as many messages as the prefetch', (scene) =>
      batchesKeepTheBound(scene, { prefetch: 20, prefetchBytes: 16_000_000 }),
    ),
    clause('C38', 'a batch holds at most as many bytes as the prefetch', (scene) =>
      batchesKeepTheBound(scene, { prefetch: 1_000, prefetchBytes: 100_000 }),
    ),
    clause('C38', 'a message larger than the prefetch of bytes arrives alone', oneMayExceedTheBound),
    clause('C38', 'a slow member before a long backlog stays small', slowReaderStaysSmall),
  ],
}
