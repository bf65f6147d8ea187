import { describe, expect, it } from 'vitest'
import { type Case, defineCase, type Subject } from './case.ts'

const subject: Subject = () => ({ round: () => 1 })
const define = (parts: Partial<Case>): Case =>
  defineCase({ suite: 'core', case: 'any', unit: 'ms', subjects: { eventspine: subject }, ...parts })

describe('defineCase', () => {
  it('refuses a case that compares nobody', () => {
    expect(() => define({ subjects: {} })).toThrow('core/any has no subject')
  })

  it('refuses a bar on a ratio to nothing', () => {
    expect(() => define({ bar: { of: 'ratio', atLeast: 0.6 } })).toThrow('a ratio needs the subject raw')
  })

  it('refuses a bar that nobody is held to', () => {
    expect(() => define({ subjects: { raw: subject }, bar: { of: 'value', atMost: 30 } })).toThrow('eventspine')
  })
})
