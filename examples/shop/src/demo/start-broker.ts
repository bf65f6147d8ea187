/** Servers that the demo can start by itself. */
export const startableBrokers = ['kafka'] as const

export type StartableBroker = (typeof startableBrokers)[number]

export interface RunningBroker {
  readonly url: string
  /** Where it comes from: `environment`, `container` or `native`. */
  readonly origin: string
  stop(): Promise<void>
}

/** Only who wants a server loads what starts it. */
export async function startBroker(name: StartableBroker): Promise<RunningBroker> {
  const brokers = await import('@eventspine/brokers')
  const starters = { kafka: brokers.startKafka }
  return starters[name]()
}
