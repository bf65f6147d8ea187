import { describe, expect, it } from 'vitest'
import { defineCase } from './case.ts'
import { toRows } from './row.ts'

const subject = () => ({ round: () => 1 })
const definition = defineCase({ suite: 'core', case: 'consume', unit: 'events/s', subjects: { eventspine: subject } })

describe('toRows', () => {
  it('holds suite, case, subject, unit, value and ratio, and nothing else', () => {
    const result = { subject: 'eventspine', value: 123_456.7, ratio: 0.654_321, ratioRange: [0.6, 0.7] as const }
    expect(toRows(definition, [result])).toEqual([
      { suite: 'core', case: 'consume', subject: 'eventspine', unit: 'events/s', value: 123_500, ratio: 0.6543 },
    ])
  })

  it('says null where there is no floor, which JSON can carry', () => {
    const result = { subject: 'eventspine', value: 1, ratio: undefined, ratioRange: undefined }
    expect(JSON.parse(JSON.stringify(toRows(definition, [result])))).toMatchObject([{ ratio: null }])
  })
})
