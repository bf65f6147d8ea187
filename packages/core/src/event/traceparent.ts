/** W3C Trace Context, Level 2: what is read from the wire and handed on. */

const longestTracestate = 512
const mostMembers = 32

/**
 * The value as version 00, ready to be sent on; undefined when it is invalid, and then `tracestate` must not be read. A
 * higher version is read by its first four fields; unknown flags are cleared.
 */
export function readTraceparent(value: string | undefined): string | undefined {
  if (value === undefined || value.length < 55 || !isWellFormed(value)) return undefined
  const version = value.slice(0, 2)
  if (version === 'ff') return undefined
  if (version === '00') {
    if (value.length !== 55) return undefined
  } else if (value.length > 55 && value[55] !== '-') return undefined
  const flags = Number.parseInt(value.slice(53, 55), 16)
  if (version === '00' && flags <= 3) return value
  return `00${value.slice(2, 53)}0${flags & 3}`
}

/** The hyphens, hex digits and non-zero ids of the first 55 characters. */
function isWellFormed(value: string): boolean {
  return (
    value.charCodeAt(2) === 45 &&
    value.charCodeAt(35) === 45 &&
    value.charCodeAt(52) === 45 &&
    isHex(value, 0, 2) &&
    isHex(value, 3, 35) &&
    isHex(value, 36, 52) &&
    isHex(value, 53, 55) &&
    !isZero(value, 3, 35) &&
    !isZero(value, 36, 52)
  )
}

function isHex(value: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const char = value.charCodeAt(i)
    if (!((char >= 48 && char <= 57) || (char >= 97 && char <= 102))) return false
  }
  return true
}

function isZero(value: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (value.charCodeAt(i) !== 48) return false
  return true
}

const member = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * The value without white space and empty members, cut by whole members to 512 characters; undefined when a member is
 * malformed, a key stands twice, or there are more than 32.
 */
export function readTracestate(value: string | undefined): string | undefined {
  if (value === undefined || value.length > 65_536) return undefined
  const members = value
    .split(',')
    .map((part) => trimmed(part))
    .filter((part) => part !== '')
  if (members.length === 0 || members.length > mostMembers) return undefined
  if (!members.every((part) => member.test(part))) return undefined
  if (new Set(members.map((part) => part.slice(0, part.indexOf('=')))).size < members.length) return undefined
  return cut(members).join(',')
}

/** Optional white space is space and tab only: `trim` would also take what makes a member invalid. */
function trimmed(part: string): string {
  let from = 0
  let to = part.length
  while (from < to && isBlank(part.charCodeAt(from))) from++
  while (to > from && isBlank(part.charCodeAt(to - 1))) to--
  return part.slice(from, to)
}

function isBlank(char: number): boolean {
  return char === 32 || char === 9
}

/** Section 3.3.1.5: members of more than 128 characters go first, then those at the right end. */
function cut(members: string[]): string[] {
  const tooLong = (kept: readonly string[]): boolean => kept.join(',').length > longestTracestate
  while (tooLong(members)) {
    const long = members.findLastIndex((part) => part.length > 128)
    members.splice(long === -1 ? members.length - 1 : long, 1)
  }
  return members
}
