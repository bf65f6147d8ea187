/** Syntax of the attribute types of CloudEvents 1.0 that are more than any text. */

const uriExtras = "-._~:/?#[]@!$&'()*+,;=%"
/** 1 = may stand in a URI, by character code. */
const uriChars = new Uint8Array(128)
for (let char = 0; char < 128; char++) {
  const text = String.fromCharCode(char)
  if (/[A-Za-z0-9]/.test(text) || uriExtras.includes(text)) uriChars[char] = 1
}

/** RFC 3986: the characters, whole percent escapes, at most one fragment, brackets around an IP literal only. */
export function isUriReference(value: string): boolean {
  let fragments = 0
  for (let i = 0; i < value.length; i++) {
    const char = value.charCodeAt(i)
    if (char > 127 || uriChars[char] === 0) return false
    if (char === 37) {
      if (!isHexDigit(value.charCodeAt(i + 1)) || !isHexDigit(value.charCodeAt(i + 2))) return false
      i += 2
    } else if (char === 35) fragments++
    else if (char === 91 || char === 93) return hasIpLiteral.test(value)
  }
  return fragments <= 1 && !colonFirst.test(value)
}

/** `//[::1]:80/…`, with a scheme or not, and no bracket elsewhere. */
const hasIpLiteral =
  /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/(?:[^@/?#[\]]*@)?\[[0-9A-Za-z:.]+\](?::\d*)?(?:[/?][^[\]#]*)?(?:#[^[\]#]*)?$/

/** What stands before the first colon, if that comes before any slash, must be a scheme. */
const colonFirst = /^(?![A-Za-z][A-Za-z0-9+.-]*:)[^/?#]*:/

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:./

/** RFC 3986 `absolute-URI`: with a scheme, without a fragment. */
export function isAbsoluteUri(value: string): boolean {
  return scheme.test(value) && !value.includes('#') && isUriReference(value)
}

function isHexDigit(char: number): boolean {
  return (char >= 48 && char <= 57) || (char >= 65 && char <= 70) || (char >= 97 && char <= 102)
}

/** RFC 3339 `date-time`: any precision, any offset, dates that exist, leap seconds. */
export function isTimestamp(value: string): boolean {
  if (value.length < 20 || value.length > 64) return false
  const month = digits(value, 5, 2)
  const day = digits(value, 8, 2)
  if (digits(value, 0, 4) < 0 || month < 1 || month > 12 || day < 1) return false
  if (value[4] !== '-' || value[7] !== '-' || (value[10] !== 'T' && value[10] !== 't')) return false
  if (day > 28 && day > daysOf(digits(value, 0, 4), month)) return false
  if (value[13] !== ':' || value[16] !== ':') return false
  if (!within(digits(value, 11, 2), 23) || !within(digits(value, 14, 2), 59) || !within(digits(value, 17, 2), 60))
    return false
  let at = 19
  if (value[at] === '.') {
    do at++
    while (isDigit(value.charCodeAt(at)))
    if (at === 20) return false
  }
  return isOffset(value, at)
}

function isOffset(value: string, at: number): boolean {
  const sign = value[at]
  if (sign === 'Z' || sign === 'z') return value.length === at + 1
  if (sign !== '+' && sign !== '-') return false
  return (
    value.length === at + 6 &&
    value[at + 3] === ':' &&
    within(digits(value, at + 1, 2), 23) &&
    within(digits(value, at + 4, 2), 59)
  )
}

/** The number that `count` digits from `at` make, or -1. */
function digits(value: string, at: number, count: number): number {
  let number = 0
  for (let i = at; i < at + count; i++) {
    const char = value.charCodeAt(i)
    if (!isDigit(char)) return -1
    number = number * 10 + char - 48
  }
  return number
}

function isDigit(char: number): boolean {
  return char >= 48 && char <= 57
}

function within(number: number, most: number): boolean {
  return number >= 0 && number <= most
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
const parameter = `[ \\t]*;[ \\t]*${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")`
const mediaType = new RegExp(`^${token}/${token}(?:${parameter})*[ \\t;]*$`)

/** RFC 2046 `type/subtype`, with parameters or not. */
export function isMediaType(value: string): boolean {
  return value === 'application/json' || (value.length <= 256 && mediaType.test(value))
}
