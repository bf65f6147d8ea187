import { setTimeout as pause } from 'node:timers/promises'
import { type Bus, createBus, type EventDefinition, handle, type PublishOptions } from '@eventspine/core'
import type { OutboxStore } from '@eventspine/core/outbox'
import { createMemoryBroker, memoryTransport } from '@eventspine/memory'
import { sqliteOutbox } from '@eventspine/sqlite'
import { InventoryRejected, InventoryReleased, InventoryReserved } from '../contracts/inventory.ts'
import { OrderCancelled, OrderConfirmed, OrderCreated } from '../contracts/orders.ts'
import { PaymentCompleted, PaymentFailed, PaymentRefunded } from '../contracts/payments.ts'
import { createShopFiles, quickestFolder } from '../demo/files.ts'
import { startRelay } from '../shared/relay.ts'
import type { Service, ServiceOptions } from '../shared/service.ts'

const everything = [
  ...[OrderCreated, OrderConfirmed, OrderCancelled],
  ...[PaymentCompleted, PaymentFailed, PaymentRefunded],
  ...[InventoryReserved, InventoryRejected, InventoryReleased],
]

type Published = 'order' | 'payment' | 'inventory'

/** One service and its relay on a broker in memory, a bus to speak to it, and an ear for all that is said. */
export class Bench {
  readonly files = createShopFiles(quickestFolder(32 * 1_048_576))
  /** `type order-id`, in the order of arrival, the test's own events included. */
  readonly heard: string[] = []
  readonly #transport = memoryTransport({ broker: createMemoryBroker() })
  readonly #logger = { info: () => {}, warn: () => {}, error: () => {} }
  readonly #running: Service[] = []
  #bus: Bus | undefined
  #outbox: OutboxStore<never> | undefined

  async open<Started extends Service>(
    service: Published,
    start: (options: ServiceOptions) => Promise<Started>,
  ): Promise<Started> {
    const file = this.files[service]
    const wiring = { file, logger: this.#logger }
    this.#outbox = sqliteOutbox({ path: file })
    this.#bus = await createBus({
      source: 'https://shop.example/test',
      transport: this.#transport,
      logger: this.#logger,
    })
    this.#bus.subscribe({
      group: 'test',
      on: everything.map((definition) =>
        handle(definition, ({ type, data }) => void this.heard.push(`${type} ${data.orderId}`)),
      ),
    })
    await this.#bus.start()
    const started = await start({ ...wiring, transport: this.#connection() })
    this.#running.push(started, await startRelay({ ...wiring, transport: this.#connection() }))
    return started
  }

  async publish<Input>(
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<void> {
    await this.#bus?.publish(definition, data, options)
  }

  /** Until the service has handled all that it was told, and all that it said has been heard. */
  async rest(): Promise<void> {
    do {
      await this.#transport.watch.settled()
      await pause(1)
    } while ((await this.#outbox?.status())?.pending !== 0)
    await this.#transport.watch.settled()
  }

  countDeadLetters(group: string): Promise<number> {
    return this.#transport.deadLetters(group).count()
  }

  async close(): Promise<void> {
    for (const service of this.#running.reverse()) await service.stop()
    await this.#bus?.stop()
    await this.#outbox?.close()
    this.files.remove()
  }

  #connection() {
    return memoryTransport({ broker: this.#transport.broker })
  }
}
