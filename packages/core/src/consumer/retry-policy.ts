/** What happens after a failed attempt. The defaults: 5 attempts, 100 ms doubling to at most 30 s, up to 20 % longer. */
export interface RetryPolicy {
  /** Handler runs in all, the first included; 1 = never retry. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /**
   * Decides by the error, before the defaults: `'dead-letter'` at once, `'retry'` (still bounded by `attempts`), or a delay
   * of its own. Undefined = the defaults: an error with `retryable: false` is a dead letter at once, all others are retried.
   */
  readonly decide?: (
    error: unknown,
    attempt: number,
  ) => 'retry' | 'dead-letter' | { readonly delayMs: number } | undefined
}

/** delay(n) = min(maxMs, initialMs * factor^(n-1)), then lengthened (never shortened) by up to `jitter` of itself. */
export interface Backoff {
  readonly initialMs?: number
  readonly factor?: number
  readonly maxMs?: number
  readonly jitter?: number
}
