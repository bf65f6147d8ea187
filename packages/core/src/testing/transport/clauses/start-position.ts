import { type Clause, clause, type Family } from '../clause.ts'
import { refuses } from '../expect.ts'
import type { Scene } from '../scene.ts'

async function availableHasHistory(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const before = scene.messages(topic, 20)
  await scene.publish(before)
  const got = await scene.consume(scene.group(topic, { startAt: 'available' }))
  const after = scene.messages(topic, 20)
  await scene.publish(after)
  await got.completes([...before, ...after])
}

async function availableFromDeclaration(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  await scene.publish(scene.messages(topic, 20))
  const got = await scene.consume(scene.group(topic, { startAt: 'available' }))
  const after = scene.messages(topic, 20)
  await scene.publish(after)
  await got.completes(after)
}

async function declaredGroupMissesNothing(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = await scene.declaredGroup(topic, { startAt: 'available' })
  const sent = scene.messages(topic, 20)
  await scene.publish(sent)
  const got = await scene.consume(group)
  await got.completes(sent)
}

async function earliestHasHistory(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const sent = scene.messages(topic, 30)
  await scene.publish(sent)
  const got = await scene.consume(scene.group(topic, { startAt: 'earliest' }))
  await got.completes(sent)
}

async function earliestIsRefused(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  await refuses(scene.consume(scene.group(topic, { startAt: 'earliest' })), 'unsupported')
}

async function latestMissesNothing(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  await scene.publish(scene.messages(topic, 20))
  const got = await scene.consume(scene.group(topic, { startAt: 'latest' }))
  const after = scene.messages(topic, 50)
  await scene.publish(after)
  await got.completes(after)
}

/** The position is durable when subscribe() resolves: a member that dies at once has still fixed it. */
async function latestIsDurable(scene: Scene): Promise<void> {
  const topic = await scene.topic()
  const group = scene.group(topic, { startAt: 'latest' })
  const member = await scene.member({ isolated: true })
  await scene.consume(group, { on: member, handle: () => undefined })
  await member.crash()
  const sent = scene.messages(topic, 20)
  await scene.publish(sent)
  const got = await scene.consume(group)
  await got.gets(sent, scene.timing.leaseMs * 3 + scene.timing.patienceMs)
}

/** Whatever a returning group asks for, it goes on where it was. */
function existingWins(startAt: 'available' | 'latest') {
  return async (scene: Scene): Promise<void> => {
    const topic = await scene.topic()
    const group = scene.group(topic)
    const [first, second] = await scene.members(2)
    const seen = scene.messages(topic, 20)
    const before = await scene.consume(group, { on: first })
    await scene.publish(seen)
    await before.completes(seen)
    await first.dispose()

    const missed = scene.messages(topic, 20)
    await scene.publish(missed)
    const after = await scene.consume({ ...group, startAt }, { on: second })
    await after.completes(missed)
  }
}

const clauses: readonly Clause[] = [
  clause(
    'C08',
    'a new group that starts at what is available gets what was published before it',
    {
      when: (server) => server.history,
      otherwise: {
        title:
          'a new group that starts at what is available gets everything from its declaration on, and nothing older',
        run: availableFromDeclaration,
      },
    },
    availableHasHistory,
  ),
  clause(
    'C08',
    'a group that ensure() declared gets what was published before its first member',
    declaredGroupMissesNothing,
  ),
  clause(
    'C08',
    'a new group that starts at the earliest gets the whole history',
    {
      when: (server) => server.history,
      otherwise: {
        title: 'a new group that asks for the earliest is refused: this broker keeps none',
        run: earliestIsRefused,
      },
    },
    earliestHasHistory,
  ),
  clause(
    'C08',
    'a new group that starts at the latest gets everything after subscribe() resolved, and nothing older',
    latestMissesNothing,
  ),
  clause('C08', 'the start of a new group outlives its first member', latestIsDurable),
  clause('C08', 'a group that asks for the latest goes on where it was', existingWins('latest')),
  clause('C08', 'a group that asks for what is available goes on where it was', existingWins('available')),
]

export const startPosition: Family = { title: 'start position', clauses }
