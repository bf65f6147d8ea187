import { describe, expect, it } from 'vitest'
import { defineCase } from './case.ts'
import { tableLines } from './table.ts'

const subject = () => ({ round: () => 1 })
const definition = defineCase({
  suite: 'core',
  case: 'consume',
  unit: 'events/s',
  bar: { of: 'ratio', atLeast: 0.6 },
  subjects: { raw: subject, eventspine: subject },
})
const floor = { subject: 'raw', value: 200_000, ratio: 1, ratioRange: [1, 1] as const }

describe('tableLines', () => {
  it('shows the ratio with its range, and that the bar is reached', () => {
    const ours = { subject: 'eventspine', value: 130_049, ratio: 0.65, ratioRange: [0.61, 0.7] as const }
    const [, line] = tableLines(definition, [floor, ours]).split('\n')
    expect(line).toMatch(/eventspine\s+130,000 events\/s\s+0\.65 \(0\.61–0\.70\)\s+≥ 0\.6 ✓$/)
  })

  it('shows that the bar is missed', () => {
    const ours = { subject: 'eventspine', value: 100_000, ratio: 0.5, ratioRange: [0.5, 0.5] as const }
    expect(tableLines(definition, [floor, ours])).toMatch(/✗ missed$/)
  })
})
