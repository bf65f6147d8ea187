/** `down` = nothing flows; `degraded` = something is wrong and being mended. */
export interface Health {
  readonly status: 'up' | 'degraded' | 'down'
  readonly detail?: string
  /** What befell the broker side since connect, newest last, at most the last 20: reconnects, revoked subscriptions. */
  readonly incidents: readonly Incident[]
}

export interface Incident {
  /** Epoch milliseconds. */
  readonly at: number
  readonly kind: 'disconnected' | 'reconnected' | 'revoked' | 'recreated' | 'error'
  readonly detail: string
}
