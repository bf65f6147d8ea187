/**
 * Tells an observer of the application's. What it throws is nobody's failure: the attempt that it hears of has ended as it
 * has, and a timer has nobody above it who could catch.
 */
export function quietly(tell: () => void): void {
  try {
    tell()
  } catch {
    // The observer's own affair.
  }
}
