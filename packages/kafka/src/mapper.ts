import { EventspineError, isBookkeeping, type Message, unfold } from '@eventspine/core/transport'
import type { FetchedRecord, NewRecord } from './driver/driver.ts'

/** Ours alone: no message may have a header that begins with an underscore. */
const names = { id: '_es-id', source: '_es-source', topic: '_es-topic', delay: '_es-delay', gone: '_es-gone' } as const

/** Where a copy of a message goes and what it must remember: a retry, a dead letter, a delayed publish. */
export interface CopyOptions {
  /** Bookkeeping of the contract: attempt, hop, failure. */
  readonly headers?: ReadonlyMap<string, string>
  /** The copy lies in another topic than the message. */
  readonly away?: boolean
  readonly delayMs?: number
}

/** CloudEvents binary mode is what the headers already are; id and source travel apart where no header tells them. */
export function toRecord(message: Message, { headers, away, delayMs }: CopyOptions = {}): NewRecord {
  const all: Record<string, string> = Object.create(null)
  for (const [name, value] of message.headers) all[name] = value
  if (message.headers.get('ce_id') !== message.id) all[names.id] = message.id
  if (message.headers.get('ce_source') !== message.source) all[names.source] = message.source
  if (away === true) all[names.topic] = message.topic
  if (delayMs !== undefined) all[names.delay] = String(delayMs)
  if (headers !== undefined) for (const [name, value] of headers) all[name] = value
  return {
    key: message.key === undefined ? null : Buffer.from(message.key),
    value: message.body === null ? null : asBuffer(message.body),
    headers: all,
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export interface ReadMessage {
  readonly message: Message
  /** Of the contract's bookkeeping, as it lay in the record. */
  readonly bookkeeping: ReadonlyMap<string, string>
}

/** Text is UTF-8 wherever it came from: what isn't becomes the replacement character. */
export function fromRecord(topic: string, partition: number, record: FetchedRecord): ReadMessage {
  const received = new Map<string, string>()
  const bookkeeping = new Map<string, string>()
  const own = new Map<string, string>()
  for (const name of Object.keys(record.headers)) {
    const value = textOf(record.headers[name])
    if (value === undefined) continue
    const target = name.startsWith('_es-') ? own : isBookkeeping(name) ? bookkeeping : received
    target.set(name, value)
  }
  const { headers, body } = unfolded({ headers: received, body: record.value })
  const message = {
    topic: own.get(names.topic) ?? topic,
    id: own.get(names.id) ?? headers.get('ce_id') ?? `${topic}/${partition}/${record.offset}`,
    source: own.get(names.source) ?? headers.get('ce_source') ?? `kafka:${topic}`,
    headers,
    body,
  }
  const key = record.key === null || record.key.length === 0 ? undefined : record.key.toString('utf8')
  return { message: key === undefined ? message : { ...message, key }, bookkeeping }
}

/** Foreign publishers may use structured mode; what is no event in it goes on as it came, to end as a dead letter. */
function unfolded(received: Pick<Message, 'headers' | 'body'>): Pick<Message, 'headers' | 'body'> {
  try {
    return unfold(received)
  } catch (error) {
    if (error instanceof EventspineError) return received
    throw error
  }
}

/** The client gathers values of one name in a list, and finds one for `constructor` that nobody sent. */
function textOf(value: FetchedRecord['headers'][string] | undefined): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  if (!Array.isArray(value)) return undefined
  const last = value.findLast((each) => Buffer.isBuffer(each))
  return last?.toString('utf8')
}

/** How long after its timestamp the record is due; 0 where it doesn't say. */
export function delayOf(record: FetchedRecord): number {
  const text = textOf(record.headers[names.delay]) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** A record that marks dead letters as gone. */
export const goneRecord = (offsets: readonly number[]): NewRecord => ({
  key: null,
  value: Buffer.from(offsets.join(',')),
  headers: { [names.gone]: '1' },
})

export function goneOffsets(record: FetchedRecord): number[] {
  const text = record.value?.toString('latin1') ?? ''
  return text.split(',').flatMap((each) => (/^\d{1,15}$/.test(each) ? [Number(each)] : []))
}

/** What a record takes in a batch, at most: its message, our headers, and the length of everything. */
export function recordBytes({ key, value, headers }: NewRecord): number {
  let bytes = 40 + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name of Object.keys(headers)) bytes += 8 + name.length + Buffer.byteLength(headers[name] as string)
  return bytes
}

/** What `recordBytes` may be beyond `messageBytes`, without the failure's headers. */
export const framingBytes = 8_192
