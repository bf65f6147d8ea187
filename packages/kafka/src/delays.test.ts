import { describe, expect, it } from 'vitest'
import { delayTopics, tierFor, tierOf, tiersMs } from './delays.ts'

describe('the tiers of delay', () => {
  it('are never longer than the delay', () => {
    for (const delayMs of [0, 1, 999, 1_000, 4_999, 60_000, 599_999, 3_600_000, 86_400_000]) {
      expect(tierFor(delayMs)).toBeLessThanOrEqual(delayMs)
    }
    expect(tierFor(86_400_000)).toBe(3_600_000)
  })

  it('are topics of a group, and known by their names', () => {
    expect(delayTopics('billing.retry')).toEqual(
      ['0', '1s', '5s', '30s', '2m', '10m', '1h'].map((t) => `billing.retry.${t}`),
    )
    expect(delayTopics('g.retry').map((topic) => tierOf('g.retry', topic))).toEqual(tiersMs)
    expect(tierOf('g.retry', 'g.retry.7s')).toBeUndefined()
    expect(tierOf('g.retry', 'orders')).toBeUndefined()
  })
})
