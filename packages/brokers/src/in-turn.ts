/** Runs one call at a time, in the order of the calls; one that fails holds up nobody. */
export function inTurn(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const result = last.then(call)
    last = result.catch(() => {})
    return result
  }
}
