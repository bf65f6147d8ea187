import assert from 'node:assert/strict'
import type { Topology } from '../../../transport/topology.ts'
import { clause, type Family } from '../clause.ts'
import { refuses } from '../expect.ts'
import type { Scene } from '../scene.ts'

async function ensureTwice(scene: Scene): Promise<void> {
  const { transport } = await scene.main()
  const topic = { name: scene.name('topic'), ordered: true }
  const topology: Topology = {
    topics: [topic],
    groups: [scene.group(topic.name, { ordered: scene.capabilities.orderedGroups })],
  }
  const first = await transport.topology.ensure(topology)
  const second = await transport.topology.ensure(topology)
  assert.ok(first.created.length > 0, 'the first ensure() creates')
  assert.deepEqual(second.created, [], 'the second does not')
  assert.ok(second.existing.length >= first.created.length)
  assert.deepEqual([...first.mismatches, ...second.mismatches], [])
}

async function ensureAdds(scene: Scene): Promise<void> {
  const [topic, other] = await scene.topics(2)
  const { transport } = await scene.main()
  await transport.topology.ensure({ topics: [{ name: other, ordered: false }], groups: [] })
  const got = await scene.consume(scene.group(topic))
  const sent = scene.messages(topic, 10)
  await scene.publish(sent)
  await got.completes(sent)
}

async function verifyChangesNothing(scene: Scene): Promise<void> {
  const { transport } = await scene.main()
  const topic = { name: scene.name('topic'), ordered: false }
  const topology: Topology = { topics: [topic], groups: [scene.group(topic.name)] }
  const plan = transport.topology.plan(topology)
  const found = await transport.topology.verify(topology)
  assert.deepEqual(found.created, [])
  assert.ok(found.mismatches.length > 0 && found.mismatches.every(({ fatal }) => fatal), 'what is missing is told')
  const made = await transport.topology.ensure(topology)
  assert.ok(made.created.length > 0, 'neither plan() nor verify() had created it')
  assert.ok(plan.steps.length > 0, 'plan() had told what would be')
  assert.deepEqual((await transport.topology.verify(topology)).mismatches, [])
}

async function orderIsFixed(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: false })
  const { transport } = await scene.main()
  const wanted: Topology = { topics: [{ name: topic, ordered: true }], groups: [] }
  for (const report of [await transport.topology.ensure(wanted), await transport.topology.verify(wanted)]) {
    assert.ok(
      report.mismatches.some(({ fatal }) => fatal),
      'an unordered topic can not become ordered',
    )
  }
}

async function partitionsAreFixed(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true, partitions: 2 })
  const ordered = scene.capabilities.orderedGroups
  const got = await scene.consume(scene.group(topic, { ordered }))
  const before = scene.messages(topic, 40, { keys: 10 })
  await scene.publish(before)
  const { transport } = await scene.main()
  const report = await transport.topology.ensure({
    topics: [{ name: topic, ordered: true, partitions: 7 }],
    groups: [],
  })
  assert.ok(
    report.mismatches.every(({ fatal }) => !fatal),
    "the broker's number of partitions wins",
  )
  const after = scene.messages(topic, 40, { keys: 10 })
  await scene.publish(after)
  await got.completes([...before, ...after], { ordered })
}

async function badNamesAreRefused(scene: Scene): Promise<void> {
  const { transport } = await scene.main()
  const topic = await scene.topic()
  for (const name of ['', 'a b', 'a/b', '../etc', 'größe', 'a\nb', 'amq.x', '__x', 'x'.repeat(201)]) {
    const shown = JSON.stringify(name)
    await refuses(transport.topology.ensure({ topics: [{ name, ordered: false }], groups: [] }), 'invalid-name', shown)
    await refuses(scene.consume({ ...scene.group(topic), name }), 'invalid-name', shown)
  }
}

export const topology: Family = {
  title: 'topology',
  clauses: [
    clause('T01', 'ensure() creates once and finds what exists', ensureTwice),
    clause('T02', 'ensure() adds and removes nothing', ensureAdds),
    clause('T03', 'plan() and verify() change nothing and tell what is missing', verifyChangesNothing),
    clause('T04', 'a topic that was created unordered stays so, and asking otherwise is fatal', orderIsFixed),
    clause('T05', 'the number of partitions is fixed at creation and keeps the order of keys', partitionsAreFixed),
    clause('T06', 'names that some broker would not take are refused by all', badNamesAreRefused),
  ],
}
