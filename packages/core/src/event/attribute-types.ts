/** Syntax of the attribute types of CloudEvents 1.0 that are more than any text. */

const uriCharacters = /^(?:[!#$&-;=?-Z[\]_a-z~]|%[\da-f]{2})*$/i

/** A scheme, or no colon in the first segment; brackets around an IP literal only; at most one fragment. */
const uriShape =
  /^(?:[a-z][a-z\d+.-]*:|(?![^/?#]*:))(?:\/\/(?:[^@/?#[\]]*@)?\[[\da-z:.]+\](?::\d*)?(?=[/?#]|$))?[^#[\]]*(?:#[^#[\]]*)?$/i

/** RFC 3986 `URI-reference`. */
export function isUriReference(value: string): boolean {
  return uriCharacters.test(value) && uriShape.test(value)
}

const scheme = /^[a-z][a-z\d+.-]*:./i

/** RFC 3986 `absolute-URI`: with a scheme, without a fragment. */
export function isAbsoluteUri(value: string): boolean {
  return scheme.test(value) && !value.includes('#') && isUriReference(value)
}

const dateTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** RFC 3339 `date-time`: any precision, any offset, dates that exist, leap seconds. */
export function isTimestamp(value: string): boolean {
  return value.length <= 64 && dateTime.test(value) && isDate(value.slice(0, 10))
}

/** Every month has 28 days; of a day that its month lacks, `Date` makes one of the next month. */
function isDate(date: string): boolean {
  const day = date.slice(8)
  return day <= '28' || new Date(date).getUTCDate() === Number(day)
}

const token = "[\\w!#$%&'*+.^`|~-]+"
const parameter = `[ \\t]*;[ \\t]*${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")`
const mediaType = /* @__PURE__ */ new RegExp(`^${token}/${token}(?:${parameter})*[ \\t;]*$`)

/** RFC 2046 `type/subtype`, with parameters or not. */
export function isMediaType(value: string): boolean {
  return value === 'application/json' || (value.length <= 256 && mediaType.test(value))
}
