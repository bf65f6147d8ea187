/** A payment provider, as its client library might look. */
export interface PaymentGateway {
  /** The same `idempotencyKey` is charged once, however often it is asked for; later answers repeat the first. */
  charge(request: {
    readonly idempotencyKey: string
    readonly card: string
    readonly amount: number
  }): Promise<ChargeResult>
  /** Gives back what was captured under this key. The second time changes nothing. */
  refund(request: { readonly idempotencyKey: string }): Promise<void>
}

export type ChargeResult = { readonly status: 'captured' } | { readonly status: 'declined'; readonly reason: string }

/** It may go well the next time: thrown out of a handler, it makes the bus try again. */
export class GatewayUnavailableError extends Error {
  override readonly name = 'GatewayUnavailableError'
}
