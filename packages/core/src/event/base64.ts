const foreign = /[^A-Za-z0-9+/]/
/** Arguments of one call: far below what the stack takes. */
const chunk = 8_192

/** RFC 4648 section 4, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += chunk) {
    binary += String.fromCharCode(...bytes.subarray(at, at + chunk))
  }
  return btoa(binary)
}

/** Undefined when `text` isn't padded standard base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  // In linear time and without backtracking: a body may have megabytes of it.
  const digits = text.slice(0, text.length - paddingOf(text))
  if (text.length % 4 !== 0 || foreign.test(digits)) return undefined
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

const paddingOf = (text: string): number => (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
