import { describe, expect, it } from 'vitest'
import { isAbsoluteUri, isMediaType, isTimestamp, isUriReference } from './attribute-types.ts'

/** One row a verdict: the values that `check` takes, and those that it refuses. */
function verdicts(check: (value: string) => boolean, good: readonly string[], bad: readonly string[]): void {
  expect(good.filter((value) => !check(value))).toEqual([])
  expect(bad.filter((value) => check(value))).toEqual([])
}

describe('the types of attributes', () => {
  it('a timestamp is RFC 3339 and a date that exists', () => {
    verdicts(
      isTimestamp,
      [
        '2026-01-02T03:04:05Z',
        '2026-01-02t03:04:05z',
        '2024-02-29T23:59:60.123456789-12:30',
        '2000-02-29T00:00:00+00:00',
        '0001-01-01T00:00:00Z',
      ],
      [
        '2026-02-29T00:00:00Z',
        '1900-02-29T00:00:00Z',
        '2026-04-31T00:00:00Z',
        '2026-00-01T00:00:00Z',
        '2026-01-00T00:00:00Z',
        '2026-01-01T24:00:00Z',
        '2026-01-01T00:60:00Z',
        '2026-01-01T00:00:61Z',
        '2026-01-01T00:00:00',
        '2026-01-01T00:00:00.Z',
        '2026-01-01T00:00:00+24:00',
        '2026-01-01T00:00:00+0100',
        '2026-01-01T00:00:00Z ',
        '2026-01-01 00:00:00Z',
        '+026-01-01T00:00:00Z',
        `2026-01-01T00:00:00.${'1'.repeat(100)}Z`,
      ],
    )
  })

  it('a URI reference has the characters and the shape of RFC 3986', () => {
    verdicts(
      isUriReference,
      [
        '',
        '/s',
        '//host/x',
        'a/b:c',
        'urn:uuid:1',
        'https://[::1]:80/a?b#c',
        '?q',
        '#f',
        'mailto:a@b.c',
        '%41',
        './a:b',
      ],
      [
        'a b',
        'é',
        '%',
        '%4',
        '%zz',
        'a#b#c',
        '1a:b',
        ':a',
        'https://e.com/[x]',
        '[a]',
        '<x>',
        'a\\b',
        '^',
        'a"b',
        '{x}',
      ],
    )
  })

  it('an absolute URI has a scheme and no fragment', () => {
    verdicts(
      isAbsoluteUri,
      ['https://e.com/s', 'urn:x:y', 'a:b'],
      ['/relative', 'https://e.com/s#a', '', 'a:', '//e.com', 'e.com'],
    )
  })

  it('a media type has type and subtype, and parameters that are whole', () => {
    verdicts(
      isMediaType,
      ['application/json', 'Text/XML; charset=utf-8', 'a/b;c="d;\\"e"', 'application/vnd.x+json ;v=1;w=2', 'a/b;'],
      [
        '',
        'json',
        'a/',
        '/b',
        'a/b/c',
        'a b/c',
        'a/b;c',
        'a/b;c="d',
        `a/b${'; '.repeat(120)}x`,
        `a/${'b'.repeat(300)}`,
      ],
    )
  })
})
