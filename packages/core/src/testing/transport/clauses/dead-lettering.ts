import assert from 'node:assert/strict'
import { NonRetryableError } from '../../../consumer/errors.ts'
import type { Message } from '../../../transport/message.ts'
import { type BusStage, onStage, whereOrdered } from '../bus/bus-stage.ts'
import { steady } from '../bus/service.ts'
import { type Clause, clause, type Family } from '../clause.ts'
import { facts } from '../messages.ts'

class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError'
}

class UnknownCardError extends NonRetryableError {
  override readonly code = 'unknown-card'
}

async function afterTheLastAttempt(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  const consumer = service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: steady(1, 3),
    body: ({ n }) => {
      if (n === 1) throw new CardDeclinedError('Karte abgelehnt: 4200 € 🚫')
    },
  })
  await service.bus.start()
  const published = await service.publish(event, 4, { keys: 2 })
  const [letter] = await stage.letters(service, group, 1)
  await group.handles(published.filter(({ n }) => n !== 1))
  await group.quiet()
  const doomed = published[1]?.id ?? ''
  assert.deepEqual(group.attemptsOf(doomed), [1, 2, 3])
  assert.deepEqual(facts(letter?.message as Message), facts(service.sent(doomed)))
  const { stack: _stack, partition: _partition, at, ...failure } = letter?.failure ?? { at: 0 }
  assert.deepEqual(failure, {
    code: 'handler-failed',
    name: 'CardDeclinedError',
    message: 'Karte abgelehnt: 4200 € 🚫',
    attempts: 3,
    group: group.name,
    topic: event.topic,
  })
  assert.ok(Math.abs(Date.now() - at) < 60_000, `the failure is dated ${at}`)
  assert.equal(letter?.hop, 0)
  assert.equal(consumer.counts.deadLettered, 1)
}

async function atOnceWhenHopeless(stage: BusStage): Promise<void> {
  const service = await stage.service()
  const event = stage.event()
  const group = stage.group()
  const hopeless: readonly Error[] = [
    new UnknownCardError('no such card'),
    Object.assign(new Error('says so itself'), { retryable: false }),
    new CardDeclinedError('the policy says so'),
  ]
  service.consume(group, event, {
    ordered: stage.orderedIfPossible,
    retry: { ...steady(1, 5), decide: (error) => (error instanceof CardDeclinedError ? 'dead-letter' : undefined) },
    body: ({ n }) => {
      throw hopeless[n] as Error
    },
  })
  await service.bus.start()
  await service.publish(event, 3, { keys: 3 })
  const letters = await stage.letters(service, group, 3)
  await group.quiet()
  assert.equal(group.all.length, 3, 'each has one attempt')
  const told = letters.map(({ failure }) => `${failure.code}, ${failure.message}, ${failure.attempts}`)
  assert.deepEqual(told.toSorted(), [
    'handler-failed, says so itself, 1',
    'handler-failed, the policy says so, 1',
    'unknown-card, no such card, 1',
  ])
}

/** The first of four fails for good while its dead letter can't be written. */
async function unwritableLetterIsTriedAgain(stage: BusStage, ordered: boolean): Promise<void> {
  const { scene } = stage
  const service = await stage.service()
  const event = stage.event({ keyed: ordered })
  const group = stage.group()
  const consumer = service.consume(group, event, {
    body: ({ n }) => {
      if (n === 0) throw new NonRetryableError('for good')
    },
  })
  await service.bus.start()
  await scene.broker.breakDeadLetters(group.name)
  try {
    const published = await service.publish(event, 4)
    const complaints = (): number => service.logged.filter(({ message }) => message.includes('settling failed')).length
    await group.until('two failures to write the dead letter', () => complaints() >= 2)
    if (ordered) assert.equal(group.all.length, 1, 'the successors wait for the dead letter')
    assert.equal(group.attemptsOf(published[0]?.id ?? '').length, 1, 'its handler does not run again meanwhile')
    assert.equal(consumer.counts.deadLettered, 0)
    await scene.broker.mendDeadLetters(group.name)
    await group.handles(published.slice(1))
    const letters = await stage.letters(service, group, 1)
    assert.deepEqual(
      letters.map(({ message }) => message.id),
      [published[0]?.id],
    )
    group.verify(published, { ordered })
  } finally {
    await scene.broker.mendDeadLetters(group.name)
  }
}

const clauses: readonly Clause[] = [
  clause(
    'C19',
    'an event is a dead letter after its last attempt, with all that it was and why it failed',
    onStage(afterTheLastAttempt),
  ),
  clause('C19', 'an event whose failure is final is a dead letter at once', onStage(atOnceWhenHopeless)),
  clause(
    'C21',
    'a dead letter that can not be written is tried again, and its successors wait',
    whereOrdered({
      title: 'a dead letter that can not be written is tried again where no group has order',
      run: onStage((stage) => unwritableLetterIsTriedAgain(stage, false)),
    }),
    onStage((stage) => unwritableLetterIsTriedAgain(stage, true)),
  ),
  clause(
    'C21',
    'a dead letter of an unordered group that can not be written is tried again',
    onStage((stage) => unwritableLetterIsTriedAgain(stage, false)),
  ),
]

export const deadLettering: Family = { title: 'dead-lettering', clauses }
