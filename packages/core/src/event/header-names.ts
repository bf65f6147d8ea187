/** What other producers put before an attribute's name; `cloudEvents` is also found in wrong case. */
const knownPrefix = /^(?:cloudevents[_:]|ce[-_])/

/** Names come from the wire, so the memory of them is bounded. */
const mostNames = 1_000
const longestName = 64
const canonicalNames = new Map<string, string>()

/** The name under which a `Message` holds the header: lower case, attributes with `ce_`. */
export function canonicalName(name: string): string {
  const known = canonicalNames.get(name)
  if (known !== undefined) return known
  const canonical = name.toLowerCase().replace(knownPrefix, 'ce_')
  if (canonicalNames.size < mostNames && name.length <= longestName) canonicalNames.set(name, canonical)
  return canonical
}

/**
 * Headers as a broker's client gave them, under canonical names: `cloudEvents_`, `cloudEvents:`, `ce-` and `ce_` are read in
 * any case. Of two headers with one name the last wins; `onDuplicate` hears of it.
 */
export function canonicalHeaders(
  entries: Iterable<readonly [name: string, value: string]>,
  onDuplicate?: (name: string) => void,
): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of entries) {
    const canonical = canonicalName(name)
    if (onDuplicate !== undefined && headers.has(canonical)) onDuplicate(canonical)
    headers.set(canonical, value)
  }
  return headers
}

/** The other way: `ce_id` becomes `<prefix>id`, every other name stays. */
export function prefixedName(name: string, prefix: string): string {
  return name.startsWith('ce_') ? prefix + name.slice(3) : name
}
