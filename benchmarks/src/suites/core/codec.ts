import type { AnyDraft, AnyEventDefinition, Event, Limits } from '@eventspine/core'
import type { Message } from '@eventspine/core/transport'
import { OrderCreated, orderAt, source } from './orders.ts'

interface EncoderModule {
  encodeEvent(draft: AnyDraft, origin: { readonly source: string; readonly now: number }): Message
}

interface DecoderModule {
  createDecoder(
    definitions: readonly AnyEventDefinition[],
    limits: Limits,
  ): { decode(message: Message): Event | undefined }
}

interface LimitsModule {
  readonly defaultLimits: Limits
}

/**
 * Core's own functions stand behind no door, and a floor made of others would be another floor. Read from the sources that
 * the package ships: the build makes one file of each door.
 */
async function coreModule<Module>(file: string): Promise<Module> {
  const door = import.meta.resolve('@eventspine/core')
  return (await import(new URL(`../src/${file}`, door).href)) as Module
}

const { encodeEvent } = await coreModule<EncoderModule>('event/encode-event.ts')
const { createDecoder } = await coreModule<DecoderModule>('event/decode-event.ts')
const { defaultLimits } = await coreModule<LimitsModule>('event/limits.ts')

/** Validates and encodes the order at `index`, as `bus.publish` does it. */
export function encodeOrder(index: number): Message {
  return encodeEvent({ definition: OrderCreated, data: orderAt(index), options: {} }, { source, now: Date.now() })
}

const decoder = createDecoder([OrderCreated], defaultLimits)

/** Decodes and validates, as a consumer does it. */
export function decodeOrder(message: Message): Event {
  return decoder.decode(message) as Event
}
