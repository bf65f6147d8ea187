/** Shaped like pino's: fields first, then the sentence. Fields never hold payloads or secrets. */
export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

function line(fields: Readonly<Record<string, unknown>>, message: string): string {
  try {
    return JSON.stringify({ message, ...fields }, (_key, value) => (value instanceof Error ? describe(value) : value))
  } catch {
    // Somebody threw what JSON can't carry: the sentence is still worth having.
    return JSON.stringify({ message })
  }
}

const describe = (error: Error): Record<string, unknown> => ({
  name: error.name,
  message: error.message,
  code: (error as { code?: unknown }).code,
  stack: error.stack,
})

/** The default: what somebody must know, as one JSON line on standard error; `info` is silent. */
export const consoleLogger: Logger = {
  info: () => {},
  // biome-ignore lint/suspicious/noConsole: a failing handler that leaves no trace would be worse.
  warn: (fields, message) => console.warn(line(fields, message)),
  // biome-ignore lint/suspicious/noConsole: as above.
  error: (fields, message) => console.error(line(fields, message)),
}
