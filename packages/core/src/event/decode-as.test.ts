import { expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { decodeAs } from './decode-as.ts'
import { defineEvent } from './define-event.ts'
import { draft } from './draft.ts'
import { encodeEvent } from './encode-event.ts'

const Counted = defineEvent('counted', { schema: z.object({ n: z.number().default(7) }) })
const Other = defineEvent('other', { schema: z.object({}) })

it('reads a message as a typed event, what is of another type as undefined, and rejects what nobody can read', async () => {
  const message = await encodeEvent(draft(Counted, {}, { id: '1' }), { source: '/test', now: 0 })
  const event = await decodeAs(Counted, message)
  expectTypeOf(event?.data).toEqualTypeOf<{ n: number } | undefined>()
  expect(event).toMatchObject({ id: '1', type: 'counted', data: { n: 7 } })
  expect(await decodeAs(Other, message)).toBeUndefined()
  const garbled = { ...message, body: new TextEncoder().encode('{') }
  await expect(decodeAs(Counted, garbled)).rejects.toMatchObject({ code: 'undecodable' })
})
