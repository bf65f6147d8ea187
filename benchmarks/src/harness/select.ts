import { type Case, nameOf } from './case.ts'

/** What was asked for can't be: the message is for whoever asked. */
export class MisuseError extends Error {}

/** The cases that `names` (`core`, `core/consume`) ask for, in their own order; without names all but `onRequest`. */
export function selectCases(
  cases: readonly Case[],
  names: readonly string[],
  onRequest: ReadonlySet<string> = new Set(),
): readonly Case[] {
  if (names.length === 0) return cases.filter(({ suite }) => !onRequest.has(suite))
  const unknown = names.filter((name) => !cases.some((each) => isNamed(each, name)))
  if (unknown.length > 0) {
    const known = [...new Set(cases.flatMap((each) => [each.suite, nameOf(each)]))]
    throw new MisuseError(`No such benchmark: ${unknown.join(', ')}. There are: ${known.join(', ')}`)
  }
  return cases.filter((each) => names.some((name) => isNamed(each, name)))
}

function isNamed(each: Case, name: string): boolean {
  return each.suite === name || nameOf(each) === name
}
