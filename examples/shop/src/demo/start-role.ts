import type { BusOptions, Observe } from '@eventspine/core'
import type { Product } from '../intake/products.ts'
import { startInventoryService } from '../services/inventory/service.ts'
import { startJournalService } from '../services/journal/service.ts'
import { type OrderService, startOrderService } from '../services/order/service.ts'
import { startPaymentService } from '../services/payment/service.ts'
import { startRelay } from '../shared/relay.ts'
import type { Service, ServiceOptions } from '../shared/service.ts'
import { createFakeGateway } from './fake-gateway.ts'
import { outages } from './faults.ts'
import type { ShopFiles } from './files.ts'
import type { Role } from './roles.ts'

export interface RoleOptions extends Pick<BusOptions, 'transport' | 'logger'> {
  readonly files: ShopFiles
  readonly products: readonly Product[]
  readonly observe: Observe
}

export function startOrders({ files, products, ...wiring }: RoleOptions): Promise<OrderService> {
  const prices = new Map(products.map(({ sku, price }) => [sku, price]))
  return startOrderService({ file: files.order, prices, ...wiring })
}

/** One part of the shop, wherever it runs. */
export function startRole(role: Exclude<Role, 'order'>, options: RoleOptions): Promise<Service> {
  const { files, products, observe, ...wiring } = options
  switch (role) {
    case 'payment':
      return startPayment(files.gateway, { file: files.payment, observe, ...wiring })
    case 'inventory':
      return startInventoryService({ file: files.inventory, products, observe, ...wiring })
    case 'journal':
      return startJournalService({ file: files.journal, observe, ...wiring })
    case 'order-relay':
      return startRelay({ file: files.order, ...wiring })
    case 'payment-relay':
      return startRelay({ file: files.payment, ...wiring })
    case 'inventory-relay':
      return startRelay({ file: files.inventory, ...wiring })
  }
}

async function startPayment(gatewayFile: string, options: ServiceOptions): Promise<Service> {
  const gateway = createFakeGateway({ file: gatewayFile, outages })
  try {
    const service = await startPaymentService({ ...options, gateway })
    return {
      async stop() {
        await service.stop()
        gateway.close()
      },
    }
  } catch (error) {
    gateway.close()
    throw error
  }
}
