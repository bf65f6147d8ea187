import type { OutboxEvent } from '@eventspine/core/outbox'
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

/** `unreadable` where the headers aren't as `headersText` wrote them; every other column is held to its type by the table. */
export function readMessage(row: MessageRow): Pick<OutboxEvent, 'message' | 'unreadable'> {
  const headers = parseHeaders(row.headers)
  const message = {
    topic: row.topic,
    id: row.id,
    source: row.source,
    ...(row.key === null ? {} : { key: row.key }),
    headers: headers ?? new Map<string, string>(),
    body: row.body,
  }
  return headers === undefined ? { message, unreadable: 'The headers in its row are no pairs of texts.' } : { message }
}

function parseHeaders(text: string): Map<string, string> | undefined {
  try {
    const pairs: unknown = JSON.parse(text)
    return Array.isArray(pairs) && pairs.every(isPair) ? new Map(pairs) : undefined
  } catch {
    return undefined
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === 'string')
}

/** Pairs, so that no header name can mean anything to JSON; escaped by `JSON.stringify`, so that every value survives. */
export function headersText(headers: Message['headers']): string {
  return JSON.stringify([...headers])
}
