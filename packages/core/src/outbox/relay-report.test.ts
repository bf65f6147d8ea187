import { expect, it } from 'vitest'
import { RelayReport } from './relay-report.ts'

const throwing = (): never => {
  throw new Error('not today')
}

it('an observer that throws is told of in the log, once, and everything is counted all the same', () => {
  const logged: string[] = []
  const log = (_fields: unknown, message: string): void => void logged.push(message)
  const report = new RelayReport('r', throwing, { info: log, warn: log, error: log })
  report.claimed(0)
  report.committed(0, [{ as: 'relayed' }, { as: 'hold' }], 1)
  report.lost(0)
  expect(report.counts).toMatchObject({ relayed: 1, batches: 1, lost: 1 })
  expect(logged).toEqual(['outbox: the observer throws'])
})

it('a logger that throws stops nothing', () => {
  const report = new RelayReport('r', throwing, { info: throwing, warn: throwing, error: throwing })
  report.storeFailed(new Error('gone'))
  report.brokerFailed(0, new Error('gone'), 5)
  report.broke(null)
  expect([report.storeError, report.troubled]).toEqual([new Error('gone'), 1])
})
