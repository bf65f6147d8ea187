import type { Bus, BusOptions } from '@eventspine/core'
import type { Product } from '../intake/products.ts'
import type { OrderRequest } from '../services/order/place.ts'
import type { Service } from '../shared/service.ts'
import type { ShopFiles } from './files.ts'
import type { Meter } from './meter.ts'
import type { ServiceName } from './roles.ts'

/** Where customers come in. */
export interface OrderDesk {
  /** Throws or rejects with an `OrderRefusedError` for an order that can't be taken. */
  place(request: OrderRequest): void | Promise<void>
  countPending(): number
}

/** The shop as the demo sees it, in this process or in many. */
export interface Shop extends Service {
  readonly orders: OrderDesk
  readonly meters: Readonly<Record<ServiceName, Meter>>
  /** Aborts, with the reason, when the shop can't go on. */
  readonly broken?: AbortSignal
  /** Told how much of the orders has been read, 0 to 1: something may happen on the way. */
  pass?(share: number): void
}

export interface ShopOptions extends Pick<BusOptions, 'transport' | 'logger'> {
  readonly files: ShopFiles
  readonly products: readonly Product[]
  /** A bus that is no service's. */
  readonly office: Bus
}

export type OpenShop = (options: ShopOptions) => Promise<Shop>
