import type { Report } from './protocol.ts'

/** Longer than any stop that ends by itself. */
const patienceMs = 45_000

/**
 * Resolves on SIGTERM, and when whoever started this process is gone. Ctrl-C reaches every process of a terminal at once:
 * one that was started by another leaves it to that one to say when to end.
 */
export function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      setTimeout(() => process.exit(1), patienceMs).unref()
      resolve()
    }
    process.once('SIGTERM', end)
    process.once('disconnect', end)
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, process.connected ? () => {} : end)
  })
}

/** At once, so that a kill takes no report with it that was made before. Told to nobody if nobody listens. */
export function tell(report: Report): void {
  if (process.connected) process.send?.(report, undefined, undefined, () => {})
}
