import type { StandardSchemaV1 } from '@standard-schema/spec'
import { expect, it } from 'vitest'
import { structuredType } from './content-type.ts'
import { createDecoder } from './decode-event.ts'
import { defineEvent } from './define-event.ts'
import { draft, type PublishOptions } from './draft.ts'
import { type EncodedEvent, encodeEvent } from './encode-event.ts'
import { defaultLimits } from './limits.ts'
import { fromStructured, toStructured } from './structured-codec.ts'
import { unfold } from './unfold.ts'

const schema: StandardSchemaV1<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}
const anything = defineEvent('anything', { schema })
const decoder = createDecoder([anything], defaultLimits)

it('whatever is encoded is decoded equal, in binary mode, in structured mode and over both', () => {
  const random = generator(20_260_102)
  for (let round = 0; round < 2_000; round++) {
    const data = random.data(4)
    const options = random.options()
    const encoded = encodeEvent(draft(anything, data, options), { source: '/s', now: round }) as EncodedEvent
    const decoded = decoder.decode(encoded)
    expect(decoded).toMatchObject({
      id: encoded.id,
      source: '/s',
      type: 'anything',
      key: options.key,
      subject: options.subject,
      correlationId: options.correlationId,
      extensions: Object.fromEntries(
        Object.entries(options.extensions ?? {}).map(([name, value]) => [name, String(value)]),
      ),
    })
    expect((decoded as { data: unknown }).data).toEqual(data)

    const text = toStructured(encoded)
    const structured = {
      ...encoded,
      headers: new Map([['content-type', structuredType]]),
      body: new TextEncoder().encode(text),
    }
    expect(decoder.decode({ ...structured, ...unfold(structured) })).toEqual(decoded)
    const back = fromStructured(structured.body, { maxDepth: defaultLimits.depth })
    expect(back).toEqual({ headers: encoded.headers, body: encoded.body && new Uint8Array(encoded.body) })
  }
})

/** Seeded (mulberry32), so that a failure comes back. */
function generator(seed: number) {
  let state = seed
  const next = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
  const pick = <T>(items: readonly T[]): T => items[next(items.length)] as T
  const joined = (parts: readonly string[], most: number): string =>
    Array.from({ length: next(most) }, () => pick(parts)).join('')

  const harmless = ['a', 'B', '7', ' ', '"', '\\', '%', 'é', '€', '😀', 'ce_', '{', '[', "'", '</script>']
  /** All that JSON can carry in a string, and no attribute may hold. */
  const wild = [
    ...harmless,
    '\u0000',
    '\n',
    '\u001b',
    '\u007f',
    '\u2028',
    '\ufeff',
    '\ufffe',
    '\uffff',
    '\ud800',
    '\udc00',
  ]
  const numbers = [0, -1, 1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, -Number.MAX_VALUE, Number.MIN_VALUE]

  const data = (levels: number): unknown => {
    const kind = next(levels > 0 ? 9 : 6)
    if (kind === 0) return null
    if (kind === 1) return next(2) === 0
    if (kind === 2) return pick(numbers)
    if (kind <= 4) return joined(wild, 12)
    if (kind === 5) return next(1_000_000)
    if (kind === 6) return Array.from({ length: next(5) }, () => data(levels - 1))
    const keys = Array.from({ length: next(6) }, () =>
      pick(['id', 'toString', 'constructor', '1', '', joined(wild, 4)]),
    )
    return Object.fromEntries(keys.map((key) => [key, data(levels - 1)]))
  }
  const attribute = (): string => `x${joined(harmless, 10)}`
  const options = (): PublishOptions => ({
    ...(next(2) === 0 && { key: attribute() }),
    ...(next(2) === 0 && { subject: attribute() }),
    ...(next(2) === 0 && { correlationId: attribute() }),
    ...(next(2) === 0 && { extensions: { tenant: attribute(), count: next(1_000) - 500, flag: next(2) === 0 } }),
  })
  return {
    /** At the top also no data at all, and bytes. */
    data: (levels: number): unknown => {
      const kind = next(12)
      if (kind === 0) return undefined
      return kind === 1 ? Uint8Array.from({ length: 1 + next(40) }, () => next(256)) : data(levels)
    },
    options,
  }
}
