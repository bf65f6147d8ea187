import { contentMode } from './content-type.ts'
import { defaultLimits } from './limits.ts'
import { fromStructured } from './structured-codec.ts'

/** What of a message carries its event. */
interface Carried {
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | null
}

const perHop = ['traceparent', 'tracestate']

/**
 * Headers and body of a message in structured mode, as binary mode would have had them; of any other, as they are. Throws
 * an `EventError` for what is no event, such as `undecodable` and `unsupported-format`.
 */
export function unfold({ headers, body }: Carried, maxDepth: number = defaultLimits.depth): Carried {
  if (contentMode(headers.get('content-type')) === 'binary') return { headers, body }
  const binary = fromStructured(body ?? new Uint8Array(), { maxDepth })
  for (const name of perHop) {
    const value = headers.get(name)
    if (value !== undefined) binary.headers.set(name, value)
  }
  return binary
}
