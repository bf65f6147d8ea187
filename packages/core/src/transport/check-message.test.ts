import { describe, expect, it } from 'vitest'
import { createMessageCheck, messageBounds, messageBytes } from './check-message.ts'
import type { Message } from './message.ts'

const message = (over: Partial<Message> = {}): Message => ({
  topic: 'orders',
  id: 'e-1',
  source: 'https://shop.example/orders',
  key: 'o-1',
  headers: new Map([['ce_type', 'order.created']]),
  body: new TextEncoder().encode('{}'),
  ...over,
})
const withHeader = (name: string, value: string): Message => message({ headers: new Map([[name, value]]) })
const verdict = (checked: Message, maxMessageBytes = 1_048_576): string =>
  createMessageCheck({ maxMessageBytes, delayedPublish: 'broker' })(checked)?.code ?? 'travels'

describe('createMessageCheck', () => {
  it.each([
    ['an ordinary message', message()],
    ['no key', (({ key: _, ...rest }) => rest)(message())],
    ['no body', message({ body: null })],
    ['an empty body', message({ body: new Uint8Array() })],
    ['every byte in a body', message({ body: Uint8Array.from({ length: 256 }, (_, i) => i) })],
    [
      'unicode and emoji in values and key',
      message({ key: 'Zoë 😀', headers: new Map([['ce_subject', 'Euro € 😀']]) }),
    ],
    ['a key of 255 characters', message({ key: 'k'.repeat(255) })],
    ['an empty value', withHeader('ce_subject', '')],
    ['a header called constructor', withHeader('constructor', 'x')],
  ])('lets %s travel', (_what, checked) => {
    expect(verdict(checked)).toBe('travels')
  })

  it.each([
    ['NUL in a value', withHeader('ce_subject', 'a\0b')],
    ['a line break in a value', withHeader('ce_subject', 'a\r\nes-hop: 9')],
    ['a lone surrogate in a value', withHeader('ce_subject', '\ud800')],
    ['a noncharacter in a value', withHeader('ce_subject', '\uffff')],
    ['a value that is no string', withHeader('ce_subject', 5 as never)],
    [
      'a value that is missing, of a message without a key',
      (({ key: _, ...rest }) => rest)(withHeader('a', undefined as never)),
    ],
    ['a name that is missing', withHeader(undefined as never, 'x')],
    ['headers that are no map', message({ headers: { ce_type: 'x' } as never })],
    ['no headers at all', message({ headers: undefined as never })],
    ['a __proto__ header', withHeader('__proto__', 'x')],
    ['a unicode header name', withHeader('ce_größe', 'x')],
    ['an upper-case header name', withHeader('Content-Type', 'x')],
    ['an empty header name', withHeader('', 'x')],
    ['a broker-owned header', withHeader('x-death', 'x')],
    ['a forged failure header', withHeader('es-failure-code', 'x')],
    ['a forged attempt', withHeader('es-attempt', '9')],
    ['too many headers', message({ headers: new Map(Array.from({ length: 101 }, (_, i) => [`h${i}`, 'x'])) })],
    ['too many header bytes', withHeader('ce_subject', '€'.repeat(11_000))],
    ['a key of 256 characters', message({ key: 'k'.repeat(256) })],
    ['an empty key', message({ key: '' })],
    ['a lone surrogate in the key', message({ key: '\udc00' })],
    ['an empty id', message({ id: '' })],
    ['no source', message({ source: undefined as never })],
    ['a source that is too long', message({ source: 's'.repeat(messageBounds.sourceChars + 1) })],
    ['a body that is a string', message({ body: 'text' as never })],
    ['a fraction as notBefore', message({ notBefore: 1.5 })],
  ])('refuses %s', (_what, checked) => {
    expect(verdict(checked)).toBe('invalid-message')
  })

  it('counts body, key and headers in bytes', () => {
    const checked = message({ key: 'é', headers: new Map([['a', '€']]), body: new Uint8Array(10) })
    expect(messageBytes(checked)).toBe(2 + 1 + 3 + 10)
    expect(messageBytes(message({ key: '😀', headers: new Map(), body: null }))).toBe(4)
    expect(verdict(checked, 16)).toBe('travels')
    expect(verdict(checked, 15)).toBe('message-too-large')
  })

  it('refuses the same header again after it refused it once', () => {
    const check = createMessageCheck({ maxMessageBytes: 1_000, delayedPublish: false })
    const bad = withHeader('ce_subject', '\0')
    expect([check(bad)?.code, check(bad)?.code]).toEqual(['invalid-message', 'invalid-message'])
  })

  it('refuses a header that differs from an accepted one in the same place', () => {
    const check = createMessageCheck({ maxMessageBytes: 1_000_000, delayedPublish: false })
    expect(check(withHeader('ce_subject', 'a'))).toBeUndefined()
    expect(check(withHeader('ce_subject', '\0'))?.code).toBe('invalid-message')
    expect(check(withHeader('x-death', 'a'))?.code).toBe('invalid-message')
  })

  it('refuses notBefore where nobody can keep a message', () => {
    const check = createMessageCheck({ maxMessageBytes: 1_000_000, delayedPublish: false })
    expect(check(message({ notBefore: 1 }))?.code).toBe('unsupported')
  })

  it('keeps the text of an error on one line, whatever the name of a header holds', () => {
    const text = createMessageCheck({ maxMessageBytes: 1_000, delayedPublish: false })(
      withHeader('a\u009b31m\u2028', ''),
    )
    expect(text?.message).toMatch(/^[\x20-\x7e]+$/)
  })

  it('shows no payload and no header value in the text of an error', () => {
    const check = createMessageCheck({ maxMessageBytes: 1_000, delayedPublish: false })
    expect(check(withHeader('ce_subject', 'secret\0'))?.message).not.toContain('secret')
  })
})
