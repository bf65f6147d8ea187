let lastMs = Number.NaN
let lastText = ''
let lastSecond = Number.NaN
let upToSecond = ''

/** RFC 3339 in UTC with milliseconds, as `Date` writes it; what is asked again within a second is not formatted anew. */
export function isoTime(epochMs: number): string {
  if (epochMs === lastMs) return lastText
  const ms = Math.floor(epochMs)
  const second = Math.floor(ms / 1_000)
  if (second !== lastSecond) {
    upToSecond = new Date(second * 1_000).toISOString().slice(0, -4)
    lastSecond = second
  }
  const rest = ms - second * 1_000
  lastText = `${upToSecond}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
  lastMs = epochMs
  return lastText
}
