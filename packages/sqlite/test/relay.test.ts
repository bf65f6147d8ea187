import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  createRelay,
  type OutboxStore,
  type Relay,
  type RelayOptions,
  type RelaySignal,
  type SyncOutboxStore,
} from '@eventspine/core/outbox'
import { createManualClock, PublishOnlyBroker } from '@eventspine/core/testing'
import {
  ConnectionFailedError,
  type Message,
  MessageTooLargeError,
  PublishFailedError,
  partitionOf,
  type Transport,
  TransportClosedError,
} from '@eventspine/core/transport'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type SqliteTransaction, sqliteOutbox } from '../src/index.ts'

/** `a:1` is of key `a`. */
const messageOf = (id: string): Message => ({
  topic: 'orders',
  id,
  source: 'https://shop.example/orders',
  key: id.split(':')[0] as string,
  headers: new Map(),
  body: new Uint8Array(10),
})

let folder: string
let store: SyncOutboxStore<SqliteTransaction>
let application: DatabaseSync
let relays: Relay[]
let signals: RelaySignal[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eventspine-relay-'))
  const path = join(folder, 'app.db')
  store = sqliteOutbox({ path, partitions: 1 })
  application = new DatabaseSync(path, { timeout: 5_000 })
  relays = []
  signals = []
})

afterEach(async () => {
  for (const relay of relays) await relay.stop({ graceMs: 0 })
  await store.close()
  application.close()
  rmSync(folder, { recursive: true })
})

function write(...ids: readonly string[]): void {
  application.exec('begin immediate')
  store.append(application, ids.map(messageOf))
  application.exec('commit')
}

async function startRelay(broker: PublishOnlyBroker, options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({
    store,
    transport: broker.transport(),
    poll: { minMs: 5, maxMs: 20 },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    observe: (signal) => signals.push(signal),
    ...options,
  })
  relays.push(relay)
  await relay.start()
  return relay
}

function abortedIn(ms: number, reason: Error): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), ms)
  return controller.signal
}

const kinds = (kind: RelaySignal['kind']): RelaySignal[] => signals.filter((signal) => signal.kind === kind)
const relayed = async (count: number): Promise<void> =>
  expect.poll(async () => (await store.status()).relayed, { timeout: 10_000, interval: 5 }).toBe(count)
const spied = (changes: Partial<OutboxStore<never>>): OutboxStore<never> => ({ ...store, ...changes })

it('a broker that is down has one batch wait in memory, and nothing parked or set aside; then all arrive in order', async () => {
  const broker = new PublishOnlyBroker()
  const ids = Array.from({ length: 100 }, (_, index) => `${'abc'[index % 3]}:${index}`)
  let reads = 0
  broker.before = async () => {
    throw new ConnectionFailedError('down')
  }
  const counting = spied({
    read: (claim, limit) => {
      reads += 1
      return store.read(claim, limit)
    },
  })
  write(...ids)
  const relay = await startRelay(broker, { store: counting, batch: { events: 10 } })
  await expect.poll(() => broker.calls.length, { timeout: 10_000 }).toBeGreaterThan(2)
  expect(reads).toBe(1)
  expect(relay.health()).toMatchObject({ healthy: false, troubled: 1 })
  expect(await store.status()).toMatchObject({ pending: 100, parked: 0, relayed: 0 })
  broker.before = async () => {}
  await relayed(100)
  expect(broker.ids).toEqual(ids)
  expect(relay.health()).toMatchObject({ healthy: true, troubled: 0 })
  expect(kinds('broker-recovered')).toHaveLength(1)
  expect(kinds('attempt-failed')).toEqual([])
})

it('an unknown outcome is sent again, in order, before anything newer of its key', async () => {
  const broker = new PublishOnlyBroker({ maxBatch: { messages: 1, bytes: 1_000_000 } })
  let left = 2
  broker.refuse = ({ id }) => (id === 'a:1' && left-- > 0 ? new PublishFailedError('the answer never came') : undefined)
  write('b:1', 'a:1', 'a:2', 'a:3')
  await startRelay(broker, { retry: { backoff: { initialMs: 10 } } })
  await relayed(4)
  expect(broker.ids).toEqual(['b:1', 'a:1', 'a:2', 'a:3'])
})

it('an event that fails while others of its topic pass is parked after its attempts, with the reason', async () => {
  const broker = new PublishOnlyBroker()
  broker.refuse = ({ id }) => (id === 'a:1' ? new PublishFailedError('not this one') : undefined)
  const relay = await startRelay(broker, { retry: { attempts: 3, backoff: { initialMs: 20, jitter: 0 } } })
  write('a:1', 'a:2')
  for (let index = 0; relay.counts.parked === 0 && index < 500; index++) {
    write(`b:${index}`)
    await pause(5)
  }
  const [parked] = await store.parked()
  expect(parked).toMatchObject({
    message: { id: 'a:1' },
    failure: { code: 'publish-failed', name: 'PublishFailedError', message: 'not this one', attempts: 3 },
  })
  expect(broker.ids.filter((id) => id.startsWith('a'))).toEqual([])
  expect(kinds('parked')).toHaveLength(1)
})

it('a partition whose last event the broker refused for good is in no trouble afterwards', async () => {
  const broker = new PublishOnlyBroker()
  const wide = sqliteOutbox({ path: join(folder, 'wide.db'), partitions: 2 })
  const writer = new DatabaseSync(join(folder, 'wide.db'), { timeout: 5_000 })
  const put = (id: string): void => {
    writer.exec('begin immediate')
    wide.append(writer, [messageOf(id)])
    writer.exec('commit')
  }
  const elsewhere = [...'bcdefgh'].find((key) => partitionOf(key, 2) !== partitionOf('a', 2))
  broker.refuse = ({ id }) => (id === 'a:1' ? new PublishFailedError('not this one') : undefined)
  const relay = await startRelay(broker, { store: wide, retry: { attempts: 1 } })
  put('a:1')
  await expect.poll(() => relay.health().troubled, { timeout: 5_000 }).toBe(1)
  put(`${elsewhere}:1`)
  await expect.poll(() => relay.counts.parked, { timeout: 10_000 }).toBe(1)
  await expect.poll(() => relay.health(), { timeout: 2_000 }).toMatchObject({ healthy: true, troubled: 0 })
  await relay.stop()
  writer.close()
  await wide.close()
})

it('a lone event that always fails holds nobody up and is never blamed for what may be the broker', async () => {
  const broker = new PublishOnlyBroker()
  broker.refuse = ({ id }) => (id === 'a:1' ? new PublishFailedError('not this one') : undefined)
  const relay = await startRelay(broker, { retry: { attempts: 1 } })
  write('a:1')
  await expect.poll(() => kinds('attempt-failed').length, { timeout: 10_000 }).toBeGreaterThan(0)
  write('b:1')
  await relayed(1)
  expect(relay.counts.parked).toBe(0)
})

it('without atomic keys the successor of a refused event is not sent before it', async () => {
  const broker = new PublishOnlyBroker({ atomicKeys: false })
  let left = 1
  broker.refuse = ({ id }) => (id === 'a:1' && left-- > 0 ? new PublishFailedError('full') : undefined)
  write('a:1', 'a:2', 'b:1', 'a:3')
  await startRelay(broker, { retry: { backoff: { initialMs: 10 } } })
  await relayed(4)
  expect(broker.ids.filter((id) => id.startsWith('a'))).toEqual(['a:1', 'a:2', 'a:3'])
})

it('pipelined, the events of a key share a call', async () => {
  const broker = new PublishOnlyBroker({ atomicKeys: false })
  write('a:1', 'a:2', 'a:3')
  await startRelay(broker, { publishOrder: 'pipelined' })
  await relayed(3)
  expect(broker.calls).toEqual([3])
})

it('a relay that was overtaken commits nothing more and stops using the partition', async () => {
  const broker = new PublishOnlyBroker()
  const relay = await startRelay(broker, { leaseMs: 300, store: spied({ claim: claimOnce() }) })
  await expect.poll(async () => (await store.claim({ relay: 'other', leaseMs: 60_000 })).claims.length).toBe(1)
  write('a:1')
  await pause(100)
  expect(broker.ids).toEqual([])
  await expect.poll(() => relay.health().partitions, { timeout: 5_000 }).toBe(0)
  expect(relay.counts.lost).toBe(1)
})

/** A relay whose database can't be reached any more: its lease runs out. */
function claimOnce(): OutboxStore<never>['claim'] {
  let calls = 0
  return async (request) => {
    if (calls++ === 0) return store.claim(request)
    throw new Error('the database is away')
  }
}

it('a commit that comes too late ends the work on the partition at once, before the next look at the claims', async () => {
  const broker = new PublishOnlyBroker()
  broker.after = async () => {
    application.exec(
      `update eventspine_outbox_partitions set epoch = epoch + 1, owner = 'other', lease_until = 9000000000000000`,
    )
  }
  const relay = await startRelay(broker, { leaseMs: 60_000 })
  write('a:1')
  await expect.poll(() => broker.calls.length, { timeout: 5_000 }).toBe(1)
  await expect.poll(() => relay.counts.lost, { timeout: 5_000 }).toBe(1)
  expect(broker.calls).toEqual([1])
  expect(await store.status()).toMatchObject({ pending: 1, relayed: 0 })
})

it('a batch whose lease ends half-way is sent no further, and nobody is blamed for it', async () => {
  const broker = new PublishOnlyBroker({ maxBatch: { messages: 1, bytes: 1_000_000 } })
  broker.refuse = ({ id }) => (id === 'b:1' ? new MessageTooLargeError('too large') : undefined)
  broker.before = async ([message]) => {
    if (message?.id === 'b:1') await pause(300)
  }
  write('a:1', 'b:1', 'c:1')
  const relay = await startRelay(broker, { leaseMs: 150, store: spied({ claim: claimOnce() }) })
  await expect.poll(() => relay.counts.lost, { timeout: 5_000 }).toBe(1)
  await pause(300)
  expect(broker.calls).toHaveLength(2)
  expect(kinds('parked')).toEqual([])
  expect(await store.status()).toMatchObject({ pending: 3, parked: 0, relayed: 0 })
})

it('a publish that outlives the lease is told so', async () => {
  const broker = new PublishOnlyBroker()
  const inner = broker.transport()
  let aborted: unknown
  const transport: Transport = {
    ...inner,
    publish: (_messages, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          aborted = options.signal?.reason
          reject(new ConnectionFailedError('aborted'))
        })
      }),
  }
  write('a:1')
  await startRelay(broker, { transport, leaseMs: 200, store: spied({ claim: claimOnce() }) })
  await expect.poll(() => aborted, { timeout: 5_000 }).toMatchObject({ code: 'claim-lost' })
})

it('stop waits for what is on its way, commits it and gives the partition back', async () => {
  const broker = new PublishOnlyBroker()
  broker.after = () => pause(150)
  const relay = await startRelay(broker)
  write('a:1')
  await expect.poll(() => broker.ids.length).toBe(1)
  write('a:2')
  await relay.stop()
  expect(await store.status()).toMatchObject({ relayed: 1, pending: 1 })
  expect(broker.ids).toEqual(['a:1'])
  const { claims, share } = await store.claim({ relay: 'next', leaseMs: 1_000 })
  expect({ claims: claims.length, share }).toEqual({ claims: 1, share: 1 })
  expect(relay.state).toBe('stopped')
})

it('stop returns when its grace is over, and leaves the partition to its lease', async () => {
  const broker = new PublishOnlyBroker()
  broker.before = () => new Promise(() => {})
  const relay = await startRelay(broker)
  write('a:1')
  await expect.poll(() => broker.calls.length).toBe(1)
  await relay.stop({ graceMs: 50 })
  expect(relay.state).toBe('stopped')
  expect((await store.claim({ relay: 'next', leaseMs: 1_000 })).claims).toEqual([])
})

it('stop overtakes a start whose broker does not answer', async () => {
  const transport = { ...new PublishOnlyBroker().transport(), connect: () => new Promise<never>(() => {}) }
  const relay = createRelay({ store, transport })
  const started = relay.start()
  await Promise.all([expect(started).rejects.toMatchObject({ code: 'relay-stopped' }), relay.stop()])
  expect(relay.state).toBe('stopped')
})

it('a start whose store does not answer ends with its signal, and leaves the transport closed', async () => {
  const broker = new PublishOnlyBroker()
  const transport = broker.transport()
  const silent = spied({ claim: () => new Promise(() => {}) })
  const relay = createRelay({ store: silent, transport })
  const reason = new Error('enough')
  await expect(relay.start(abortedIn(20, reason))).rejects.toBe(reason)
  expect(relay.state).toBe('stopped')
  await expect(transport.publish([])).rejects.toBeInstanceOf(TransportClosedError)
})

it('a start that fails after it has claimed leaves no worker behind', async () => {
  const broker = new PublishOnlyBroker()
  const unwatchable = spied({
    watch: () => {
      throw new Error('no watching here')
    },
  })
  const relay = createRelay({ store: unwatchable, transport: broker.transport() })
  await expect(relay.start()).rejects.toThrow('no watching here')
  write('a:1')
  expect((await store.claim({ relay: 'next', leaseMs: 1_000 })).claims).toHaveLength(1)
  expect(broker.ids).toEqual([])
})

it('stop leaves a transport that never closes behind after 5 s', async () => {
  const clock = createManualClock()
  const transport = { ...new PublishOnlyBroker().transport(), close: () => new Promise<never>(() => {}) }
  const relay = createRelay({ store, transport, clock })
  await relay.start()
  let stopped = false
  const stopping = relay.stop().then(() => {
    stopped = true
  })
  await expect.poll(() => relay.state).toBe('stopping')
  await clock.advance(4_999)
  expect(stopped).toBe(false)
  await clock.advance(1)
  await stopping
  expect([relay.state, clock.pending]).toEqual(['stopped', 0])
})

it('stop during an outage ends at once, with nothing lost', async () => {
  const broker = new PublishOnlyBroker()
  broker.before = async () => {
    throw new ConnectionFailedError('down')
  }
  const relay = await startRelay(broker)
  write('a:1')
  await expect.poll(() => broker.calls.length, { timeout: 5_000 }).toBeGreaterThan(2)
  await relay.stop()
  expect((await store.status()).pending).toBe(1)
})

it('stop during an outage commits what the broker took before it', async () => {
  const broker = new PublishOnlyBroker({ maxBatch: { messages: 1, bytes: 1_000_000 } })
  broker.before = async ([message]) => {
    if (message?.id !== 'a:1') throw new ConnectionFailedError('down')
  }
  write('a:1', 'b:1')
  const relay = await startRelay(broker)
  await expect.poll(() => broker.calls.length, { timeout: 5_000 }).toBeGreaterThan(2)
  await relay.stop()
  expect(await store.status()).toMatchObject({ relayed: 1, pending: 1, parked: 0 })
})

it('a commit whose answer goes astray is asked for again and counted once', async () => {
  const broker = new PublishOnlyBroker()
  let fail = true
  const flaky = spied({
    commit: async (batch, results) => {
      const answer = await store.commit(batch, results)
      if (!fail) return answer
      fail = false
      throw new Error('connection reset')
    },
  })
  const relay = await startRelay(broker, { store: flaky })
  write('a:1', 'b:1')
  await expect.poll(() => relay.counts.relayed, { timeout: 5_000 }).toBe(2)
  expect(broker.ids).toEqual(['a:1', 'b:1'])
  expect((await store.status()).relayed).toBe(2)
})

it('a store that fails is reported until it answers', async () => {
  const broker = new PublishOnlyBroker()
  let down = true
  const failing = spied({
    read: (claim, limit) => (down ? Promise.reject(new Error('no such table')) : store.read(claim, limit)),
  })
  write('a:1')
  const relay = await startRelay(broker, { store: failing })
  await expect.poll(() => relay.health().storeFailing).toBe(true)
  down = false
  await relayed(1)
  expect(relay.health().healthy).toBe(true)
})

it('a transport that breaks its word stops nothing for good', async () => {
  const broker = new PublishOnlyBroker()
  const inner = broker.transport()
  let broken = true
  const transport: Transport = {
    ...inner,
    publish: async (messages) => (broken ? [] : inner.publish(messages)),
  }
  write('a:1')
  await startRelay(broker, { transport })
  await pause(50)
  broken = false
  await relayed(1)
})

it('a transport that was connected by somebody else is neither connected nor closed', async () => {
  const broker = new PublishOnlyBroker()
  const transport = broker.transport()
  const capabilities = await transport.connect()
  const connect = async (): Promise<never> => {
    throw new Error('connect is called once')
  }
  const relay = await startRelay(broker, { transport: { ...transport, connect }, capabilities })
  await relay.stop()
  await expect(transport.publish([messageOf('a:1')])).resolves.toEqual([{ accepted: true }])
})

it('a transport of its own is closed with the relay', async () => {
  const broker = new PublishOnlyBroker()
  const transport = broker.transport()
  const relay = await startRelay(broker, { transport })
  await relay.stop()
  await expect(transport.publish([messageOf('a:1')])).rejects.toBeInstanceOf(TransportClosedError)
})

it('topology is made only when it is asked for, and a fatal mismatch refuses the start', async () => {
  const broker = new PublishOnlyBroker()
  const topology = { topics: [{ name: 'orders', ordered: true }], groups: [] }
  const asked: unknown[] = []
  const mismatch = { resource: 'topic orders', property: 'ordered', wanted: 'true', found: 'false', fatal: true }
  const watching = (mismatches: readonly (typeof mismatch)[]): Transport => {
    const transport = broker.transport()
    const ensure = async (wanted: unknown) => {
      asked.push(wanted)
      return { created: [], existing: [], mismatches }
    }
    return { ...transport, topology: { ...transport.topology, ensure } }
  }
  await startRelay(broker, { transport: watching([]) })
  expect(asked).toEqual([])
  await startRelay(broker, { transport: watching([]), topology })
  expect(asked).toEqual([topology])
  const refused = startRelay(broker, { transport: watching([mismatch]), topology })
  await expect(refused).rejects.toMatchObject({ code: 'topology-mismatch' })
})

it('a relay whose broker refuses the connection does not start, and holds no partition', async () => {
  const broker = new PublishOnlyBroker()
  const connect = async (): Promise<never> => {
    throw new ConnectionFailedError('nobody there')
  }
  const started = startRelay(broker, { transport: { ...broker.transport(), connect } })
  await expect(started).rejects.toMatchObject({ code: 'connection-failed' })
  expect((await store.claim({ relay: 'next', leaseMs: 1_000 })).claims).toHaveLength(1)
})

it('a relay starts once', async () => {
  const relay = await startRelay(new PublishOnlyBroker())
  await expect(relay.start()).rejects.toMatchObject({ code: 'invalid-outbox' })
  await relay.stop()
  await relay.stop()
})

it('a hint wakes an idle relay before its poll', async () => {
  const broker = new PublishOnlyBroker()
  await startRelay(broker, { poll: { minMs: 60_000, maxMs: 60_000 } })
  await pause(20)
  write('a:1')
  await relayed(1)
})

it('relays that join get their share, and what a stopping one held goes to the others', async () => {
  const path = join(folder, 'shared.db')
  const wide = sqliteOutbox({ path, partitions: 4 })
  const broker = new PublishOnlyBroker()
  const first = await startRelay(broker, { store: wide, leaseMs: 300 })
  const second = await startRelay(broker, { store: wide, leaseMs: 300 })
  const held = (): number[] => [first.health().partitions, second.health().partitions]
  await expect.poll(held, { timeout: 5_000 }).toEqual([2, 2])
  await first.stop()
  await expect.poll(() => second.health().partitions, { timeout: 5_000 }).toBe(4)
  await second.stop()
  await wide.close()
})

it('an observer and a logger that throw at everything cost no event', async () => {
  const broker = new PublishOnlyBroker()
  const refusal = (): never => {
    throw new Error('not today')
  }
  let outages = 2
  const failing = spied({
    read: async (claim, limit) => {
      if (outages-- > 0) throw new Error('no answer')
      return store.read(claim, limit)
    },
  })
  broker.refuse = ({ id }) => (id === 'a:1' ? new MessageTooLargeError('too large') : undefined)
  const relay = await startRelay(broker, {
    store: failing,
    observe: refusal,
    logger: { info: refusal, warn: refusal, error: refusal },
  })
  write('a:1', 'b:1')
  await relayed(1)
  expect(relay.counts).toMatchObject({ relayed: 1, parked: 1 })
  await relay.stop()
  expect(relay.state).toBe('stopped')
})

it.each(['canary', '{"a":"canary"}', '[["a",5]]', '[["a"]]', 'null'])(
  'a row whose headers somebody made %s is parked with its key behind it, and told of without its text',
  async (headers) => {
    const broker = new PublishOnlyBroker()
    write('a:1', 'a:2', 'b:1', 'a:3')
    application.prepare(`update eventspine_outbox_log set headers = ? where id = 'a:2'`).run(headers)
    const relay = await startRelay(broker)
    await relayed(2)
    expect(broker.ids).toEqual(['a:1', 'b:1'])
    const [parked] = await store.parked()
    expect(parked).toMatchObject({
      message: { id: 'a:2' },
      failure: { code: 'unreadable-event', attempts: 1 },
      held: 1,
    })
    expect(inspect(signals, { depth: 9 })).not.toContain('canary')
    expect(relay.health().healthy).toBe(true)
    application.exec(`update eventspine_outbox_aside set headers = '[]' where id = 'a:2'`)
    await store.retryParked('all')
    await relayed(4)
    expect(broker.ids).toEqual(['a:1', 'b:1', 'a:2', 'a:3'])
  },
)

it('a stopped relay watches its store no more', async () => {
  let watchers = 0
  const watched = spied({
    watch: () => {
      watchers += 1
      return () => {
        watchers -= 1
      }
    },
  })
  const relay = await startRelay(new PublishOnlyBroker(), { store: watched })
  expect(watchers).toBe(1)
  await relay.stop()
  expect(watchers).toBe(0)
})
