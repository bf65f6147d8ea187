const whole = new Intl.NumberFormat('en-US')
const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

export const count = (n: number): string => whole.format(n)
export const money = (amount: number): string => `€ ${cents.format(amount / 100)}`
export const milliseconds = (ms: number): string => (Number.isNaN(ms) ? '–' : `${whole.format(Math.round(ms))} ms`)

/** Foreign text for a terminal: on one line, cut, and without anything that a terminal would obey. */
export function shown(text: string, length = 120): string {
  const harmless = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, '\u{fffd}')
  const characters = [...harmless]
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : harmless
}
