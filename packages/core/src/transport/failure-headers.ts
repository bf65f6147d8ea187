import type { Failure } from './dead-letters.ts'

/**
 * The headers that adapters add to a copy of a message: why it is a dead letter, which attempt comes next, how often it went
 * round. Publishers can't send them, and `withoutBookkeeping` takes them off again before anybody sees the message.
 */
export const attemptHeader = 'es-attempt'
export const hopHeader = 'es-hop'
const failurePrefix = 'es-failure-'

/** No dead letter is larger than its message by more: an adapter keeps this much below the broker's own limit. */
export const failureHeaderBytes = 20_480

const maxChars = { short: 255, message: 1_024, stack: 4_096 } as const

export const isBookkeeping = (name: string): boolean =>
  name === attemptHeader || name === hopHeader || name.startsWith(failurePrefix)

/** `hop` and the failure as headers. Texts are cut, and what not every broker carries is replaced. */
export function toFailureHeaders(failure: Failure, hop: number): Map<string, string> {
  const headers = new Map([
    [hopHeader, String(hop)],
    [`${failurePrefix}code`, cut(failure.code, maxChars.short)],
    [`${failurePrefix}name`, cut(failure.name, maxChars.short)],
    [`${failurePrefix}message`, cut(failure.message, maxChars.message)],
    [`${failurePrefix}attempts`, String(failure.attempts)],
    [`${failurePrefix}group`, cut(failure.group, maxChars.short)],
    [`${failurePrefix}topic`, cut(failure.topic, maxChars.short)],
    [`${failurePrefix}at`, String(failure.at)],
  ])
  if (failure.stack !== undefined) headers.set(`${failurePrefix}stack`, cut(failure.stack, maxChars.stack))
  if (failure.partition !== undefined) headers.set(`${failurePrefix}partition`, cut(failure.partition, maxChars.short))
  return headers
}

/** The failure that the headers of a dead letter tell; whatever they lack or somebody has garbled has a neutral value. */
export function readFailure(headers: ReadonlyMap<string, string>): Failure {
  const told = (name: string): string | undefined => headers.get(failurePrefix + name)
  const stack = told('stack')
  const partition = told('partition')
  return {
    code: told('code') ?? 'unknown',
    name: told('name') ?? 'Error',
    message: told('message') ?? '',
    ...(stack !== undefined && { stack }),
    attempts: readCount(told('attempts'), 0),
    group: told('group') ?? '',
    topic: told('topic') ?? '',
    ...(partition !== undefined && { partition }),
    at: readCount(told('at'), 0),
  }
}

/** 1 without the header, and when it is garbled. */
export const readAttempt = (headers: ReadonlyMap<string, string>): number =>
  Math.max(1, readCount(headers.get(attemptHeader), 1))

/** 0 without the header, and when it is garbled. */
export const readHop = (headers: ReadonlyMap<string, string>): number => readCount(headers.get(hopHeader), 0)

/** The headers as they were published; a new map. */
export function withoutBookkeeping(headers: ReadonlyMap<string, string>): Map<string, string> {
  const published = new Map<string, string>()
  for (const [name, value] of headers) if (!isBookkeeping(name)) published.set(name, value)
  return published
}

function readCount(text: string | undefined, otherwise: number): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return otherwise
  return Number(text)
}

/** Line breaks and tabs travel, for the sake of stacks; other control characters don't. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const untravelled = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/g

const cut = (text: string, chars: number): string =>
  text.slice(0, chars).toWellFormed().replaceAll('\r\n', '\n').replaceAll(untravelled, '\ufffd')
