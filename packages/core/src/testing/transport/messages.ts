import type { Message } from '../../transport/message.ts'

export interface MessageOptions {
  /** So many keys, dealt in turn; none = no key. */
  readonly keys?: number
  /** Bytes of the body beside its few own. */
  readonly bytes?: number
  readonly notBefore?: number
}

const encoder = new TextEncoder()

/** A message as the core's codec would hand it over: a CloudEvent in binary mode. */
export function message(topic: string, id: string, index: number, options: MessageOptions = {}): Message {
  const time = new Date(1_700_000_000_000 + index).toISOString()
  const body = encoder.encode(JSON.stringify({ index, pad: 'x'.repeat(options.bytes ?? 0) }))
  return {
    topic,
    id,
    source: 'https://suite.example/tests',
    ...(options.keys === undefined ? {} : { key: `key-${index % options.keys}` }),
    headers: new Map([
      ['ce_specversion', '1.0'],
      ['ce_id', id],
      ['ce_source', 'https://suite.example/tests'],
      ['ce_type', 'suite.happened'],
      ['ce_time', time],
      ['content-type', 'application/json'],
    ]),
    body,
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
  }
}

/** All that must arrive unchanged, in a form that compares and prints well. */
export function facts({ topic, id, source, key, headers, body }: Message): Record<string, unknown> {
  return { topic, id, source, key, headers: [...headers].sort(byName), body: body && [...body] }
}

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : a > b ? 1 : 0)
