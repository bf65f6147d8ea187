import { describe, expect, it } from 'vitest'
import { canonicalHeaders, canonicalName, prefixedName } from './header-names.ts'

describe('header names', () => {
  it('are lower case, with ce_ for every known prefix', () => {
    const names = ['cloudEvents_id', 'cloudEvents:id', 'cloudevents:id', 'CLOUDEVENTS_ID', 'ce-id', 'Ce-Id', 'ce_id']
    expect(new Set(names.map(canonicalName))).toEqual(new Set(['ce_id']))
    expect(canonicalName('Content-Type')).toBe('content-type')
    expect(canonicalName('cell')).toBe('cell')
    expect(canonicalName('cloudEventsid')).toBe('cloudeventsid')
    expect(canonicalName('x-ce_id')).toBe('x-ce_id')
  })

  it('of one meaning: the last wins, and is told', () => {
    const duplicates: string[] = []
    const headers = canonicalHeaders(
      [
        ['ce-id', '1'],
        ['x', 'a'],
        ['cloudEvents_id', '2'],
      ],
      (name) => duplicates.push(name),
    )
    expect([...headers]).toEqual([
      ['ce_id', '2'],
      ['x', 'a'],
    ])
    expect(duplicates).toEqual(['ce_id'])
  })

  it('mean nothing to the map that holds them', () => {
    const headers = canonicalHeaders([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(headers.get('__proto__')).toBe('x')
    expect((headers as unknown as Record<string, unknown>).x).toBeUndefined()
  })

  it('get the prefix of a broker, if they are attributes', () => {
    expect(prefixedName('ce_id', 'cloudEvents_')).toBe('cloudEvents_id')
    expect(prefixedName('traceparent', 'cloudEvents_')).toBe('traceparent')
    expect(prefixedName('content-type', 'ce-')).toBe('content-type')
  })
})
