import { describe, expect, it } from 'vitest'
import { defineCase } from './case.ts'
import { MisuseError, selectCases } from './select.ts'

const subject = () => ({ round: () => 1 })
const [lone, batch, heap] = [
  ['core', 'publish-lone'],
  ['core', 'publish-batch'],
  ['soak', 'heap-growth'],
].map(([suite = '', name = '']) => defineCase({ suite, case: name, unit: 'ms', subjects: { eventspine: subject } }))
const cases = [lone, batch, heap] as Parameters<typeof selectCases>[0]

describe('selectCases', () => {
  it('takes everything but what runs on request, when nothing is named', () => {
    expect(selectCases(cases, [], new Set(['soak']))).toEqual([lone, batch])
  })

  it('takes a suite by its name and a case by both names', () => {
    expect(selectCases(cases, ['soak', 'core/publish-lone'], new Set(['soak']))).toEqual([lone, heap])
  })

  it('refuses a name that it does not know, and says what there is', () => {
    expect(() => selectCases(cases, ['publish-lone'])).toThrow(MisuseError)
    expect(() => selectCases(cases, ['publish-lone'])).toThrow('core/publish-lone')
  })
})
