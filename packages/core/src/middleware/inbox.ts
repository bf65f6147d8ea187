/** Names one event for one group. Never the payload, never a place on the broker: those differ between copies. */
export interface InboxKey {
  readonly group: string
  readonly source: string
  readonly id: string
}

/**
 * Remembers which events a group is done with, so that a second delivery has no second effect. `Tx` is what `work` makes its
 * effects with: where it is a database transaction that holds the mark too, effects are exactly once; where it is
 * `undefined`, the store can only keep two runs apart in time, and a crash between effect and mark repeats the effect.
 *
 * Implementers: the published suite `testInboxStore` is the definition in full.
 */
export interface InboxStore<Tx = undefined> {
  /**
   * Runs `work` unless the event is done: `done` when it ran now and its mark is as durable as its effects, `duplicate` when
   * there was nothing to do. At most one `work` of a key runs at a time, whoever calls: a second caller waits and then gets
   * `duplicate`, or its turn if the first one failed; or it rejects with `inbox-busy` (retryable). `work` is called at most
   * once per call. When it rejects, so does `once`, with the same error, and no mark is left.
   *
   * When `signal` aborts, a caller that waits rejects with `signal.reason`. If its `work` runs, a transactional store rolls
   * back and rejects at once, and what `work` still tries with its `tx` fails; any other store can only wait for its end.
   */
  once(
    key: InboxKey,
    work: (tx: Tx) => Promise<void>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<'done' | 'duplicate'>
  /**
   * Forgets what has been done for at least `olderThanMs`, a little at a time beside running work; resolves to how many. An
   * event that comes again afterwards is run again: keep marks for longer than anything may be redelivered or replayed.
   * Rejects with `invalid-middleware` for what is no number from 0.
   */
  sweep(olderThanMs: number): Promise<number>
}
