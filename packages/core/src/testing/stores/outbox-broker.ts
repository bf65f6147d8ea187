import type { Capabilities } from '../../transport/capabilities.ts'
import { TransportClosedError, type TransportError, UnsupportedError } from '../../transport/errors.ts'
import type { Message, Outcome } from '../../transport/message.ts'
import type { Transport } from '../../transport/transport.ts'

const capabilities: Capabilities = {
  durable: true,
  history: true,
  orderedGroups: true,
  atomicKeys: true,
  detectsNoGroup: false,
  attempts: 'process',
  deadLetterPeek: 'free',
  delayedPublish: false,
  maxMessageBytes: 1_048_576,
  maxBatch: { messages: 100, bytes: 8_388_608 },
  maxHoldMs: Number.POSITIVE_INFINITY,
  retryDelay: { minMs: 1, maxMs: Number.POSITIVE_INFINITY, overshoot: 0 },
}

/** What one publish call does to a message: undefined = the broker takes it. */
export type Refuse = (message: Message) => TransportError | undefined

/** A broker as a relay sees it: it takes messages, and remembers in which order. Shared by any number of transports. */
export class PublishOnlyBroker {
  readonly arrivals: Message[] = []
  readonly calls: number[] = []
  /** Of one message; with `atomicKeys` its successors in the call are refused with it. */
  refuse: Refuse = () => undefined
  /** Of a whole call: resolves before anything is taken. */
  before: (messages: readonly Message[]) => Promise<void> = async () => {}
  /** Of a whole call: the messages have been taken, the answer is on its way. */
  after: (messages: readonly Message[]) => Promise<void> = async () => {}
  readonly #capabilities: Capabilities

  constructor(changes: Partial<Capabilities> = {}) {
    this.#capabilities = { ...capabilities, ...changes }
  }

  get ids(): string[] {
    return this.arrivals.map((message) => message.id)
  }

  transport(): Transport {
    let closed = false
    const unsupported = () => new UnsupportedError('This broker only takes messages.')
    return {
      name: 'publish-only',
      connect: async () => this.#capabilities,
      topology: {
        ensure: async () => ({ created: [], existing: [], mismatches: [] }),
        verify: async () => ({ created: [], existing: [], mismatches: [] }),
        plan: () => ({ steps: [] }),
      },
      publish: async (messages) => {
        if (closed) throw new TransportClosedError('The transport is closed.')
        return this.#take(messages)
      },
      subscribe: async () => {
        throw unsupported()
      },
      deadLetters: () => {
        throw unsupported()
      },
      probe: async () => ({ status: 'up', incidents: [] }),
      close: async () => {
        closed = true
      },
    }
  }

  async #take(messages: readonly Message[]): Promise<readonly Outcome[]> {
    this.calls.push(messages.length)
    await this.before(messages)
    const refused = new Map<string, TransportError>()
    const outcomes = messages.map((message): Outcome => {
      const lane = message.key === undefined ? undefined : `${message.topic}\n${message.key}`
      const earlier = this.#capabilities.atomicKeys && lane !== undefined ? refused.get(lane) : undefined
      const error = earlier ?? this.refuse(message)
      if (error === undefined) {
        this.arrivals.push(message)
        return { accepted: true }
      }
      if (lane !== undefined) refused.set(lane, error)
      return { accepted: false, error }
    })
    await this.after(messages)
    return outcomes
  }
}
