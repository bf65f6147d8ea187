/** One line for a person who waits longer than usual. */
export function announce(line: string): void {
  process.stderr.write(`eventspine: ${line}\n`)
}
