import type { BusOptions } from '@eventspine/core'
import { createBus, type Observe } from '@eventspine/core'
import { repeatOrders } from '../demo/faults.ts'
import { shopFilesIn } from '../demo/files.ts'
import { sightingOf } from '../demo/meter.ts'
import type { Role } from '../demo/roles.ts'
import { type RoleOptions, startOrders, startRole } from '../demo/start-role.ts'
import { refusalIn } from '../intake/place-orders.ts'
import { readProducts } from '../intake/products.ts'
import { type OrderService, orderSource } from '../services/order/service.ts'
import type { Service } from '../shared/service.ts'
import { tell, untilToldToEnd } from './lifecycle.ts'
import type { Request } from './protocol.ts'
import { readArguments } from './read-arguments.ts'

interface ProcessOptions {
  readonly args: readonly string[]
  readonly connect: () => BusOptions['transport']
}

/** One part of the shop from its start to its end: SIGTERM, drain, exit code 0. */
export async function runProcess({ args, connect }: ProcessOptions): Promise<void> {
  const end = untilToldToEnd()
  const { role, folder, productsFile } = readArguments(args)
  const part = await startPart(role, connect, {
    transport: connect(),
    files: shopFilesIn(folder),
    products: readProducts(productsFile),
    observe: report,
  })
  tell({ kind: 'ready' })
  await end
  await part.stop()
  if (process.connected) process.disconnect()
}

const report: Observe = (signal) => {
  const sighting = sightingOf(signal)
  if (sighting !== undefined) tell({ kind: 'sighting', sighting })
}

async function startPart(role: Role, connect: ProcessOptions['connect'], options: RoleOptions): Promise<Service> {
  if (role === 'payment') return startFaultyPayment(connect, options)
  if (role !== 'order') return startRole(role, options)
  const orders = await startOrders(options)
  process.on('message', (request: Request) => tell({ kind: 'answer', ...place(orders, request) }))
  return orders
}

function place(orders: OrderService, { order }: Request): { readonly refused?: string } {
  try {
    orders.place(order)
    return {}
  } catch (error) {
    return { refused: refusalIn(error) }
  }
}

/** What goes wrong in every run (see faults.ts) needs a bus that is no service's. */
async function startFaultyPayment(connect: ProcessOptions['connect'], options: RoleOptions): Promise<Service> {
  const office = await createBus({ source: orderSource, transport: connect() })
  await office.start()
  const repeat = repeatOrders(office)
  const observe: Observe = (signal) => {
    options.observe(signal)
    repeat(signal)
  }
  const payment = await startRole('payment', { ...options, observe })
  return {
    async stop() {
      await payment.stop()
      await office.stop()
    },
  }
}
