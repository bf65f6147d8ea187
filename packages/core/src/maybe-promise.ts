/** Synchronous work stays synchronous: a promise per event is what the hot path can't afford. */
export type MaybePromise<T> = T | Promise<T>

/** By its `then` alone: a promise may come from another realm. */
export function isThenable<T>(value: MaybePromise<T> | unknown): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
