import type { Observe } from '../consumer/signal.ts'
import type { Logger } from '../logger.ts'

/** A logger that throws takes nothing down with it: there is nobody left to tell. */
export function shieldLogger(logger: Logger): Logger {
  const shielded =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) => {
      try {
        logger[level](fields, message)
      } catch {}
    }
  return { info: shielded('info'), warn: shielded('warn'), error: shielded('error') }
}

/** An observer that throws stops no delivery: the first time is logged. */
export function shieldObserver(observe: Observe | undefined, logger: Logger): Observe | undefined {
  if (observe === undefined) return undefined
  let told = false
  return (signal) => {
    try {
      observe(signal)
    } catch (error) {
      if (!told) logger.error({ error }, 'observe threw')
      told = true
    }
  }
}
