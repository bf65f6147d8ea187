import type { Observe } from '@eventspine/core'
import type { Service } from '../shared/service.ts'
import { repeatOrders } from './faults.ts'
import { Meter } from './meter.ts'
import { roles, type ServiceName } from './roles.ts'
import type { Shop, ShopOptions } from './shop.ts'
import { startOrders, startRole } from './start-role.ts'

/** All services and relays in this process. They share the broker, and nothing else. */
export async function openShop({ office, ...wiring }: ShopOptions): Promise<Shop> {
  const meters = { order: new Meter(), payment: new Meter(), inventory: new Meter(), journal: new Meter() }
  const repeat = repeatOrders(office)
  const observers: Record<ServiceName, Observe> = {
    order: meters.order.observe,
    inventory: meters.inventory.observe,
    journal: meters.journal.observe,
    payment: (signal) => {
      meters.payment.observe(signal)
      repeat(signal)
    },
  }
  const running: Service[] = []
  const stop = async (): Promise<void> => {
    for (const service of running.toReversed()) await service.stop()
  }

  try {
    const orders = await startOrders({ ...wiring, observe: observers.order })
    running.push(orders)
    for (const role of roles) {
      if (role === 'order') continue
      const observe = role in observers ? observers[role as ServiceName] : () => {}
      running.push(await startRole(role, { ...wiring, observe }))
    }
    return { orders, meters, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
