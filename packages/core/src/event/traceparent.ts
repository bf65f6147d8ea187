/** W3C Trace Context, Level 2: what is read from the wire and handed on. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate: string | undefined
}

type Foreign = { readonly [Field in keyof TraceContext]?: string | undefined }

/** The first whose `traceparent` is valid, ready to be sent on: without it `tracestate` means nothing. */
export function readTrace(first: Foreign, second?: Foreign): TraceContext | undefined {
  const traceparent = readTraceparent(first.traceparent)
  if (traceparent !== undefined) return { traceparent, tracestate: readTracestate(first.tracestate) }
  return second && readTrace(second)
}

const longestTracestate = 512
const mostMembers = 32

/** Version, ids that are not zero, and flags. Lengths are checked by hand: counting repetitions makes a slow pattern. */
const traceparentForm = /^(?!ff)[\da-f]{2}-(?!0+-)[\da-f]+-(?!0+-)[\da-f]+-[\da-f]{2}(?:-|$)/

/**
 * The value as version 00, ready to be sent on; undefined when it is invalid, and then `tracestate` must not be read. A
 * higher version is read by its first four fields; unknown flags are cleared.
 */
export function readTraceparent(value: string | undefined): string | undefined {
  if (value === undefined || !traceparentForm.test(value)) return undefined
  const isFirst = value.startsWith('00')
  if (value.indexOf('-', 3) !== 35 || value.indexOf('-', 36) !== 52 || (isFirst && value.length > 55)) return undefined
  const flags = value.slice(53, 55)
  return isFirst && flags <= '03' ? value : `00${value.slice(2, 53)}0${Number.parseInt(flags, 16) & 3}`
}

const blankOrPrintable = /^[\t -~]*$/
const member = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * The value without white space and empty members, cut by whole members to 512 characters; undefined when a member is
 * malformed, a key stands twice, or there are more than 32.
 */
export function readTracestate(value: string | undefined): string | undefined {
  // `trim` knows more white space than the specification: nothing of it may be there.
  if (value === undefined || value.length > 65_536 || !blankOrPrintable.test(value)) return undefined
  const members = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (members.length === 0 || members.length > mostMembers) return undefined
  if (!members.every((part) => member.test(part))) return undefined
  if (new Set(members.map((part) => part.split('=')[0])).size < members.length) return undefined
  return cut(members).join(',')
}

/** Section 3.3.1.5: members of more than 128 characters go first, then those at the right end. */
function cut(members: string[]): string[] {
  while (members.join(',').length > longestTracestate) {
    // Without a long one, -1 is the right end.
    members.splice(
      members.findLastIndex((part) => part.length > 128),
      1,
    )
  }
  return members
}
