import { describe, expect, it } from 'vitest'
import { type Case, defineCase, type Subject } from './case.ts'
import { compare, measure } from './measure.ts'

const silent = { say: () => {} }

/** Subjects that answer with the figures given and write down when they were asked. */
function scripted(figures: Readonly<Record<string, readonly number[]>>, log: string[]): Record<string, Subject> {
  const subjects = Object.entries(figures).map(([name, values]): [string, Subject] => {
    let round = 0
    return [
      name,
      () => ({
        round: () => {
          log.push(name)
          return values[round++] ?? Number.NaN
        },
        close: async () => {
          log.push(`${name} closed`)
        },
      }),
    ]
  })
  return Object.fromEntries(subjects)
}

function caseOf(subjects: Case['subjects'], rounds: { rounds?: number; warmUpRounds?: number }): Case {
  return defineCase({ suite: 'core', case: 'any', unit: 'events/s', subjects, ...rounds })
}

describe('measure', () => {
  it('lets the subjects take turns, and closes them at the end', async () => {
    const log: string[] = []
    const subjects = scripted({ raw: [1, 1, 1], eventspine: [1, 1, 1] }, log)
    await measure(caseOf(subjects, { rounds: 2, warmUpRounds: 1 }), silent)
    const turns = Array.from({ length: 3 }, () => ['raw', 'eventspine']).flat()
    expect(log).toEqual([...turns, 'raw closed', 'eventspine closed'])
  })

  it('does not count the warm-up', async () => {
    const subjects = scripted({ eventspine: [1_000, 2, 4, 3] }, [])
    expect(await measure(caseOf(subjects, { rounds: 3, warmUpRounds: 1 }), silent)).toMatchObject([{ value: 3 }])
  })

  it('plays as many rounds with as many events as it is told', async () => {
    const loads: number[] = []
    const subject: Subject = ({ events }) => ({ round: () => loads.push(events) })
    await measure(caseOf({ eventspine: subject }, { rounds: 50, warmUpRounds: 0 }), { ...silent, rounds: 3, events: 7 })
    expect(loads).toEqual([7, 7, 7])
  })

  it('closes what it has opened when a subject fails', async () => {
    const log: string[] = []
    const failing: Subject = () => ({ round: () => Promise.reject(new Error('no server')) })
    const subjects = { ...scripted({ raw: [1] }, log), eventspine: failing }
    await expect(measure(caseOf(subjects, { rounds: 1, warmUpRounds: 0 }), silent)).rejects.toThrow('no server')
    expect(log).toEqual(['raw', 'raw closed'])
  })
})

describe('compare', () => {
  it('divides the medians, and shows the range of rounds side by side', () => {
    const figures = new Map([
      ['raw', [100, 200, 100]],
      ['eventspine', [50, 60, 80]],
    ])
    expect(compare(figures)[1]).toEqual({ subject: 'eventspine', value: 60, ratio: 0.6, ratioRange: [0.3, 0.8] })
  })

  it('has no ratio without a floor', () => {
    expect(compare(new Map([['eventspine', [5]]]))[0]?.ratio).toBeUndefined()
  })
})
