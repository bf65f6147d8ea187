let lastMs: number | undefined
let lastText = ''

/** RFC 3339 in UTC with milliseconds, as `Date` writes it; what is published in one millisecond shares the text. */
export function isoTime(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastText = new Date(epochMs).toISOString()
    lastMs = epochMs
  }
  return lastText
}
