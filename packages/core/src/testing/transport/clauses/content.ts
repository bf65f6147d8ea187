import assert from 'node:assert/strict'
import type { Message } from '../../../transport/message.ts'
import { clause, type Family } from '../clause.ts'
import { verdict } from '../expect.ts'
import { facts } from '../messages.ts'
import type { Scene } from '../scene.ts'

/** The verdicts are those of `createMessageCheck`: bytes are opaque, text is Unicode without control characters. */
const travels: Record<string, Partial<Message>> = {
  'a body of no bytes': { body: new Uint8Array() },
  'no body': { body: null },
  'NUL bytes in the body': { body: Uint8Array.of(0, 0, 123, 0) },
  'every byte value': { body: Uint8Array.from({ length: 256 }, (_, value) => value) },
  'a body that is not UTF-8': { body: Uint8Array.of(0xc3, 0x28, 0xff, 0xfe) },
  'unicode header values': headers('ce_subject', 'žluťoučký 馬 👩‍👩‍👧 ‮'),
  'an empty header value': headers('ce_subject', ''),
  'a header named constructor': headers('constructor', 'x'),
  'a header value of 8 KiB': headers('ce_subject', 'v'.repeat(8_192)),
  'a header value that looks like a number': headers('ce_subject', '007'),
  'fifty headers': { headers: new Map(Array.from({ length: 50 }, (_, at) => [`ce_ext${at}`, `${at}`])) },
  'a key of 255 characters': { key: 'k'.repeat(255) },
  'a key with spaces, quotes and slashes': { key: ' "a b"/../c\\%2F#*' },
  'a unicode key': { key: 'Ærøskøbing 🚢' },
}

const isRefused: Record<string, Partial<Message>> = {
  'a lone surrogate in the key': { key: 'a\ud800b' },
  'a lone surrogate in a header value': headers('ce_subject', '\udfff'),
  'a lone surrogate in the id': { id: 'x-\udc00' },
  'a NUL in a header value': headers('ce_subject', 'one\u0000two'),
  'a line end in a header value': headers('ce_subject', 'one\r\ntwo: three'),
  'a header named __proto__': headers('__proto__', '{"isAdmin":true}'),
  'a unicode header name': headers('größe', 'XL'),
  'an upper-case header name': headers('Content-Type', 'text/plain'),
  "a header in the brokers' own name": headers('x-death', 'x'),
  'a forged attempt': headers('es-attempt', '99'),
  'a key of 256 characters': { key: 'k'.repeat(256) },
  'an empty key': { key: '' },
}

function headers(name: string, value: string): Partial<Message> {
  return { headers: new Map([[name, value]]) }
}

/** Many cases in one test: they share a topic, and each failure is named. */
async function contentTravels(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic))
  const cases = Object.entries(travels).map(([name, change]) => {
    const [plain] = scene.messages(topic, 1) as [Message]
    return { name, message: { ...plain, ...change, headers: new Map([...plain.headers, ...(change.headers ?? [])]) } }
  })
  await scene.publish(cases.map(({ message }) => message))
  await got.completes(cases.map(({ message }) => message))
  const arrived = new Map(got.deliveries.map(({ message }) => [message.id, message]))
  for (const { name, message } of cases) {
    const twin = arrived.get(message.id)
    assert.ok(twin !== undefined && twin.headers instanceof Map, name)
    assert.deepEqual(facts(twin), facts(message), name)
  }
  assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined, 'no prototype was touched')
}

async function brokenTextIsRefused(scene: Scene): Promise<void> {
  const topic = await scene.topic({ ordered: true })
  const got = await scene.consume(scene.group(topic))
  for (const [name, change] of Object.entries(isRefused)) {
    const [before, plain, after] = scene.messages(topic, 3) as [Message, Message, Message]
    const broken = { ...plain, ...change, headers: new Map([...plain.headers, ...(change.headers ?? [])]) }
    const outcomes = await scene.offer([before, broken, after])
    assert.deepEqual(outcomes.map(verdict), ['accepted', 'invalid-message', 'accepted'], name)
    await got.gets([before, after])
  }
  await got.quiet()
  assert.equal(got.arrivals.all.length, Object.keys(isRefused).length * 2)
}

export const content: Family = {
  title: 'content',
  clauses: [
    clause('C02', 'bytes of any kind and unicode text arrive as they were published', contentTravels),
    clause('C02', 'text that some broker would change is refused by all, its neighbours accepted', brokenTextIsRefused),
  ],
}
