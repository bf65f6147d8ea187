import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createDecoder } from './decode-event.ts'
import { defineEvent } from './define-event.ts'
import type { AnyEventDefinition } from './definition.ts'
import { draft } from './draft.ts'
import { type EncodedEvent, encodeEvent } from './encode-event.ts'
import { defaultLimits } from './limits.ts'

/** One event in three libraries: a nested array, a transform, a default. */
const definitions: Record<string, AnyEventDefinition> = {
  zod: defineEvent('t', {
    schema: z.object({
      items: z.array(z.object({ sku: z.string() })),
      at: z.string().transform((text) => new Date(text)),
      currency: z.string().default('EUR'),
    }),
    key: (data) => data.items[0]?.sku,
  }),
  valibot: defineEvent('t', {
    schema: v.object({
      items: v.array(v.object({ sku: v.string() })),
      at: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
      currency: v.optional(v.string(), 'EUR'),
    }),
    key: (data) => data.items[0]?.sku,
  }),
  arktype: defineEvent('t', {
    schema: type({ items: type({ sku: 'string' }).array(), at: 'string.date.parse', currency: "string = 'EUR'" }),
    key: (data) => data.items[0]?.sku,
  }),
}

const origin = { source: '/s', now: 0 }
const input = { items: [{ sku: 'a-1' }], at: '2026-01-02T00:00:00.000Z' }

describe.each(Object.entries(definitions))('a schema of %s', (_, definition) => {
  const decoder = createDecoder([definition], defaultLimits)

  it('sends the input and gives the output', () => {
    const encoded = encodeEvent(draft(definition, input), origin) as EncodedEvent
    expect(JSON.parse(new TextDecoder().decode(encoded.body as Uint8Array))).toEqual(input)
    expect(encoded.key).toBe('a-1')
    expect(decoder.decode(encoded)).toMatchObject({
      data: { items: [{ sku: 'a-1' }], at: new Date('2026-01-02T00:00:00.000Z'), currency: 'EUR' },
    })
  })

  it('refuses invalid data on both sides, with its path and without its value', () => {
    const invalid = { ...input, items: [{ sku: 'a-1' }, { sku: 40_404 }] }
    const refusal = expect.objectContaining({ code: 'invalid-data', message: 'data of t is invalid: "items.1.sku"' })
    expect(() => encodeEvent(draft(definition, invalid), origin)).toThrow(refusal)
    const encoded = encodeEvent(draft(definition, input), origin) as EncodedEvent
    expect(() => decoder.decode({ ...encoded, body: new TextEncoder().encode(JSON.stringify(invalid)) })).toThrow(
      refusal,
    )
  })
})
