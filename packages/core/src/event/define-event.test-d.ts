import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { Bus } from '../bus/bus.ts'
import { handleBatch } from '../consumer/handle-batch.ts'
import { handle } from '../consumer/handler.ts'
import type { Message } from '../transport/message.ts'
import { defineEvent } from './define-event.ts'
import type { AnyEventDefinition, EventDefinition } from './definition.ts'
import { draft } from './draft.ts'
import type { EncodedEvent } from './encode-event.ts'

declare const bus: Bus

const withZod = defineEvent('order.created', {
  schema: z.object({
    orderId: z.string(),
    at: z.string().transform((text) => new Date(text)),
    currency: z.enum(['EUR', 'USD']).default('EUR'),
  }),
  key: (order) => {
    expectTypeOf(order).toEqualTypeOf<{ orderId: string; at: string; currency?: 'EUR' | 'USD' | undefined }>()
    return order.orderId
  },
})
const withValibot = defineEvent('order.paid', {
  schema: v.object({
    orderId: v.string(),
    amount: v.pipe(v.string(), v.transform(Number)),
    tip: v.optional(v.number(), 0),
  }),
  key: (paid) => paid.orderId,
})
const withArktype = defineEvent('order.sent', {
  schema: type({ orderId: 'string', at: 'string.date.parse', parcels: 'number = 1' }),
  key: (sent) => sent.orderId,
})

// The type is a literal, the input is the schema's input, the output its output.
expectTypeOf(withZod.type).toEqualTypeOf<'order.created'>()
expectTypeOf(withZod).toEqualTypeOf<
  EventDefinition<
    'order.created',
    { orderId: string; at: string; currency?: 'EUR' | 'USD' | undefined },
    { orderId: string; at: Date; currency: 'EUR' | 'USD' }
  >
>()

// A handler gets the output, without an annotation.
handle(withZod, (event) => {
  expectTypeOf(event.type).toEqualTypeOf<'order.created'>()
  expectTypeOf(event.data).toEqualTypeOf<{ orderId: string; at: Date; currency: 'EUR' | 'USD' }>()
})
handle(withValibot, (event) => {
  expectTypeOf(event.data).toEqualTypeOf<{ orderId: string; amount: number; tip: number }>()
})
handle(withArktype, (event, context) => {
  expectTypeOf(event.data).toEqualTypeOf<{ orderId: string; at: Date; parcels: number }>()
  void context.publish(withValibot, { orderId: event.data.orderId, amount: '5' })
})
handleBatch(withValibot, (events) => {
  expectTypeOf(events[0]?.data.amount).toEqualTypeOf<number | undefined>()
})

// Publishing takes the input.
void bus.publish(withZod, { orderId: 'o-1', at: '2026-01-02T03:04:05Z' })
void bus.publish(withValibot, { orderId: 'o-1', amount: '12' }, { key: 'k' })
void bus.publish(withArktype, { orderId: 'o-1', at: '2026-01-02' })
void bus.publishAll([
  draft(withZod, { orderId: 'o-1', at: '2026-01-02T03:04:05Z' }),
  draft(withValibot, { orderId: 'o', amount: '1' }),
])
// @ts-expect-error the output is no input
void bus.publish(withZod, { orderId: 'o-1', at: new Date() })
// @ts-expect-error a field is missing
void bus.publish(withValibot, { orderId: 'o-1' })
// @ts-expect-error a field too many
void draft(withArktype, { orderId: 'o-1', at: '2026-01-02', color: 'red' })

// Whatever a definition holds, it fits where any definition does.
expectTypeOf<typeof withZod>().toExtend<AnyEventDefinition>()
expectTypeOf<typeof withArktype>().toExtend<AnyEventDefinition>()
expectTypeOf<StandardSchemaV1.InferOutput<(typeof withArktype)['schema']>>().toEqualTypeOf<{
  orderId: string
  at: Date
  parcels: number
}>()

// @ts-expect-error an event has a schema
defineEvent('no.schema', {})
// @ts-expect-error a key is a string
defineEvent('wrong.key', { schema: z.object({ n: z.number() }), key: (data) => data.n })

// What is encoded is what a transport carries.
expectTypeOf<EncodedEvent>().toExtend<Message>()
