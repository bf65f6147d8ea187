import { expect, test } from 'vitest'
import { roles } from '../roles.ts'
import { planMishap } from './mishap.ts'

test('each process is the choice of some seed, always on the way', () => {
  const plans = Array.from({ length: 100 }, (_, seed) => planMishap(seed))

  expect(new Set(plans.map(({ role }) => role))).toEqual(new Set(roles))
  expect(plans.every(({ at }) => at > 0.2 && at < 0.8)).toBe(true)
  expect(planMishap(7)).toEqual(planMishap(7))
})

test('who names the process leaves the moment to the seed', () => {
  expect(planMishap(7, 'journal')).toEqual({ role: 'journal', at: planMishap(7).at })
})
