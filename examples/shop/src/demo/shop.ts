import type { BusOptions, Observe } from '@eventspine/core'
import type { Product } from '../intake/products.ts'
import { startInventoryService } from '../services/inventory/service.ts'
import { startJournalService } from '../services/journal/service.ts'
import { type OrderService, startOrderService } from '../services/order/service.ts'
import { startPaymentService } from '../services/payment/service.ts'
import { startRelay } from '../shared/relay.ts'
import type { Service } from '../shared/service.ts'
import { createFakeGateway } from './fake-gateway.ts'
import { outages } from './faults.ts'
import type { ShopFiles } from './files.ts'
import { Meter, type ServiceFigures } from './meter.ts'

interface ShopOptions extends Pick<BusOptions, 'transport' | 'logger'> {
  readonly files: ShopFiles
  readonly products: readonly Product[]
  /** Sees what the payment service handles. */
  readonly fault: Observe
}

/** All services and relays in this process. They share the broker, and nothing else. */
export interface Shop extends Service {
  readonly orders: OrderService
  figures(): ServiceFigures[]
}

export async function openShop({ files, products, fault, ...wiring }: ShopOptions): Promise<Shop> {
  const meters = {
    order: new Meter('order'),
    payment: new Meter('payment'),
    inventory: new Meter('inventory'),
    journal: new Meter('journal'),
  }
  const common = (service: keyof typeof meters) => ({
    ...wiring,
    file: files[service],
    observe: meters[service].observe,
  })
  const running: Service[] = []
  const run = async <Started extends Service>(starting: Promise<Started>): Promise<Started> => {
    const service = await starting
    running.unshift(service)
    return service
  }
  const stop = async (): Promise<void> => {
    for (const service of running) await service.stop()
  }

  try {
    const gateway = createFakeGateway({ file: files.gateway, outages })
    running.unshift({ stop: async () => gateway.close() })
    const prices = new Map(products.map(({ sku, price }) => [sku, price]))
    const orders = await run(startOrderService({ ...common('order'), prices }))
    const payment = common('payment')
    const observe: Observe = (signal) => {
      payment.observe(signal)
      fault(signal)
    }
    await run(startPaymentService({ ...payment, observe, gateway }))
    await run(startInventoryService({ ...common('inventory'), products }))
    await run(startJournalService(common('journal')))
    for (const service of ['order', 'payment', 'inventory'] as const) {
      await run(startRelay({ ...wiring, file: files[service], observe: meters[service].observeRelay }))
    }
    return { orders, figures: () => Object.values(meters).map((meter) => meter.read()), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
