import type { Message } from '@eventspine/core/transport'

/** The columns that a message is made of, in the log and aside. */
export const messageColumns = 'topic, id, source, key, headers, body'

export interface MessageRow {
  readonly topic: string
  readonly id: string
  readonly source: string
  readonly key: string | null
  readonly headers: string
  readonly body: Uint8Array | null
}

export function toMessage(row: MessageRow): Message {
  return {
    topic: row.topic,
    id: row.id,
    source: row.source,
    ...(row.key === null ? {} : { key: row.key }),
    headers: new Map(JSON.parse(row.headers) as [string, string][]),
    body: row.body,
  }
}

/** Pairs, so that no header name can mean anything to JSON; escaped by `JSON.stringify`, so that every value survives. */
export function headersText(headers: Message['headers']): string {
  return JSON.stringify([...headers])
}
