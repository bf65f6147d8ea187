import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { ReleaseError } from '../../../consumer/release-error.ts'
import { type BusStage, onStage, whereOrdered } from '../bus/bus-stage.ts'
import { Crowd } from '../bus/crowd.ts'
import { type Service, steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'

const patient = steady(1, 1_000)

async function thrownComesAgain(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event({ keyed: false })
  const group = stage.group()
  let throws = 2
  service.consume(group, event, {
    body: () => {
      if (throws-- > 0) throw new Error('one of the first two')
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 100)
  await group.handles(published, stage.retryPatienceMs(1))
  await group.quiet()
  assert.equal(group.all.length, 102)
  assert.equal(group.ended.length, 100)
}

async function storm(stage: BusStage): Promise<void> {
  const event = stage.event()
  const group = stage.group()
  const failures = new Map<string, number>()
  const services = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const service = await stage.service()
      service.consume(group, event, {
        ordered: stage.orderedIfPossible,
        retry: patient,
        body: ({ by }) => {
          const failed = failures.get(by) ?? 0
          if (failed === 100) return
          failures.set(by, failed + 1)
          throw new Error('one of the first hundred')
        },
      })
      await service.bus.start()
      return service
    }),
  )
  const published = await (services[0] as Service).publish(event, 50, { keys: 50 })
  await group.handles(published, stage.retryPatienceMs(300))
  assert.equal(group.ended.length, 50)
  assert.ok([...failures.values()].every((failed) => failed === 100))
}

/** Which attempts the handler of an event is told that fails twice. */
function attemptsAreCounted(options: { readonly ordered: boolean }) {
  return async (stage: BusStage): Promise<void> => {
    const service = await stage.service()
    const event = stage.event({ keyed: options.ordered })
    const group = stage.group()
    const consumer = service.consume(group, event, {
      retry: steady(1, 5),
      body: ({ n, attempt }) => {
        if (n % 2 === 0 && attempt < 3) throw new Error('its first two attempts fail')
      },
    })
    await service.bus.start()
    const published = await service.publish(event, 20, { keys: 4 })
    await group.handles(published, stage.retryPatienceMs(2))
    for (const { id, n } of published) assert.deepEqual(group.attemptsOf(id), n % 2 === 0 ? [1, 2, 3] : [1])
    assert.equal(consumer.counts.retried, 20)
  }
}

async function replayBeginsAnew(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  let mended = false
  service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 2),
    body: () => {
      if (!mended) throw new Error('not mended')
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 1)
  await stage.letters(service, group, 1)
  mended = true
  assert.equal(await service.bus.deadLetters(group.name).replay(() => true), 1)
  await group.handles(published)
  assert.deepEqual(group.attemptsOf(published[0]?.id ?? ''), [1, 2, 1])
}

/** A stop gives back what waits: what had not begun as attempt 1, what had failed once as the server's `attempts` says. */
async function stopBurnsNone(stage: BusStage): Promise<void> {
  const event = await stage.eventOfOnePartition()
  const group = stage.group()
  const [first, second] = [await stage.service(), await stage.service()]
  const crowd = new Crowd()
  first.consume(group, event, {
    retry: { attempts: 5, backoff: { initialMs: 60_000, maxMs: 60_000 } },
    body: ({ key }) => {
      if (key === 'key-0') throw new Error('waits for its second attempt when the stop comes')
      return crowd.enter()
    },
  })
  second.consume(group, event)
  await first.bus.start()
  const published = await first.publish(event, 6, { keys: 2 })
  await group.until('one to wait and one to run', () => group.all.length >= 2 && crowd.size > 0)
  await group.until('the failure', () => first.signalsOf('attempt-failed').length > 0)
  const stopped = first.bus.stop()
  await delay(stage.scene.timing.quietMs)
  crowd.open()
  await stopped
  await second.bus.start()
  await group.handles(published)
  const failed = stage.scene.capabilities.attempts === 'durable' ? 2 : 1
  const again = group.all.filter(({ by }) => by === second.name)
  for (const { n, id, attempt } of again) assert.equal(attempt, n === 0 ? failed : 1, `fact ${n} (${id})`)
}

async function releaseIsNoFailure(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  let releases = 3
  const consumer = service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    body: () => {
      if (releases-- > 0) throw new ReleaseError()
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 1)
  await group.handles(published)
  assert.deepEqual(group.attemptsOf(published[0]?.id ?? ''), [1, 1, 1, 1])
  assert.equal(consumer.counts.retried, 0)
  assert.deepEqual(service.signalsOf('attempt-failed'), [])
}

const clauses: readonly Clause[] = [
  clause('C16', 'an event whose handler throws comes again, and all 100 are handled', onStage(thrownComesAgain)),
  clause('C17', 'fifty events are handled after three consumers failed a hundred times each', onStage(storm)),
  clause(
    'C18',
    'attempts are counted from 1 over the retries in place of an ordered group',
    whereOrdered({
      title: 'attempts are counted from 1 where every retry is the broker’s',
      run: onStage(attemptsAreCounted({ ordered: false })),
    }),
    onStage(attemptsAreCounted({ ordered: true })),
  ),
  clause(
    'C18',
    'attempts are counted from 1 over the retries of an unordered group',
    onStage(attemptsAreCounted({ ordered: false })),
  ),
  clause('C18', 'a replayed event begins at attempt 1', onStage(replayBeginsAnew)),
  clause(
    'C18',
    'a stop gives back what waits and burns no attempt',
    whereOrdered({ title: 'giving an event back burns no attempt', run: onStage(releaseIsNoFailure) }),
    onStage(stopBurnsNone),
  ),
  clause('C18', 'a handler that gives its event back has failed no attempt', onStage(releaseIsNoFailure)),
]

export const attempts: Family = { title: 'attempts', clauses }
