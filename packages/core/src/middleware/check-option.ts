import { InvalidMiddlewareError } from './errors.ts'

/** Throws `invalid-middleware` for what isn't a finite number of at least `least` (of more than 0 where none is given). */
export function checkNumber(name: string, value: number, least?: number): void {
  const fits = Number.isFinite(value) && (least === undefined ? value > 0 : value >= least)
  if (!fits) {
    throw new InvalidMiddlewareError(
      `${name} is a number ${least === undefined ? 'above 0' : `from ${least}`}, not ${value}.`,
    )
  }
}

/** Throws `invalid-middleware` for what isn't a whole number from 1. */
export function checkCount(name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw new InvalidMiddlewareError(`${name} is a whole number from 1, not ${value}.`)
  }
}
