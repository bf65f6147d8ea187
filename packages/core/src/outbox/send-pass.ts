import { isEventspineError } from '../error.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import { messageBytes } from '../transport/check-message.ts'
import type { Message, Outcome } from '../transport/message.ts'
import type { Transport } from '../transport/transport.ts'
import { UnreadableEventError } from './errors.ts'
import type { OutboxEvent } from './store.ts'

/** What became of one event so far. `unsent`: it wasn't tried, for another one of its lane failed or the pass ended early. */
export type Sent = 'accepted' | 'unsent' | { readonly error: unknown }

export interface SendOptions {
  readonly transport: Pick<Transport, 'publish'>
  readonly maxBatch: Capabilities['maxBatch']
  /** One event per lane in each call. */
  readonly strict: boolean
  readonly signal: AbortSignal
  /** Asked before each call. */
  readonly mayGoOn: () => boolean
  readonly onAccepted: (message: Message) => void
  readonly now: () => number
}

/** A call that found no taker, and when it was made. */
export interface Trouble {
  readonly error: unknown
  readonly at: number
}

/** What must keep order among each other; undefined without a key. Topics hold no line break. */
function laneOf({ topic, key }: Message): string | undefined {
  return key === undefined ? undefined : `${topic}\n${key}`
}

/**
 * Sends the events of a batch in as many calls as the broker's limits ask for, one call at a time, in lane order. A failed
 * event halts its lane for the rest of the pass and nobody else. A call of which the broker took nothing ends the pass.
 */
export class SendPass {
  readonly #events: readonly OutboxEvent[]
  readonly #options: SendOptions
  readonly sent: Sent[]
  #halted = new Set<string>()
  /** A call was rejected for what it held: from now on each event stands alone, so that only the culprit fails. */
  #oneByOne = false

  constructor(events: readonly OutboxEvent[], options: SendOptions) {
    this.#events = events
    this.#options = options
    this.sent = events.map(() => 'unsent')
  }

  get accepted(): number {
    return this.sent.filter((sent) => sent === 'accepted').length
  }

  /** Sends what isn't accepted yet, failed ones again. Resolves to what ended it early, if something did. */
  async run(): Promise<Trouble | undefined> {
    this.#halted = new Set()
    this.sent.forEach((sent, index) => {
      if (sent !== 'accepted') this.sent[index] = 'unsent'
    })
    let rest = this.#unsent()
    while (rest.length > 0 && this.#options.mayGoOn()) {
      const call = this.#take(rest)
      if (call.length === 0) break
      const trouble = await this.#send(call)
      if (trouble !== undefined) return trouble
      rest = this.#unsent()
    }
    return undefined
  }

  #unsent(): number[] {
    const rest: number[] = []
    this.sent.forEach((sent, index) => {
      if (sent === 'unsent' && !this.#isHalted(index)) rest.push(index)
    })
    return rest
  }

  #eventAt(index: number): OutboxEvent {
    return this.#events[index] as OutboxEvent
  }

  #messageAt(index: number): Message {
    return this.#eventAt(index).message
  }

  #isHalted(index: number): boolean {
    const lane = laneOf(this.#messageAt(index))
    return lane !== undefined && this.#halted.has(lane)
  }

  #take(rest: readonly number[]): number[] {
    const { maxBatch, strict } = this.#options
    const most = this.#oneByOne ? 1 : maxBatch.messages
    const lanes = new Set<string>()
    const call: number[] = []
    let bytes = 0
    for (const index of rest) {
      const { message, unreadable } = this.#eventAt(index)
      // Fails by itself, when its lane's turn has come to it.
      if (unreadable !== undefined) return call.length > 0 ? call : [index]
      const lane = strict ? laneOf(message) : undefined
      if (lane !== undefined && lanes.has(lane)) continue
      bytes += messageBytes(message)
      if (call.length > 0 && (call.length >= most || bytes > maxBatch.bytes)) break
      if (lane !== undefined) lanes.add(lane)
      call.push(index)
    }
    return call
  }

  async #send(call: readonly number[]): Promise<Trouble | undefined> {
    const { unreadable } = this.#eventAt(call[0] as number)
    if (unreadable !== undefined) return this.#failed(call[0] as number, new UnreadableEventError(unreadable))
    const at = this.#options.now()
    const messages = call.map((index) => this.#messageAt(index))
    let outcomes: readonly Outcome[]
    try {
      outcomes = await this.#options.transport.publish(messages, { signal: this.#options.signal })
    } catch (error) {
      if (isTransportTrouble(error)) return this.#allFailed(call, { error, at })
      if (call.length === 1) return this.#failed(call[0] as number, error)
      this.#oneByOne = true
      return undefined
    }
    return this.#record(call, outcomes, at)
  }

  #record(call: readonly number[], outcomes: readonly Outcome[], at: number): Trouble | undefined {
    let accepted = 0
    let trouble: Trouble | undefined
    call.forEach((index, place) => {
      const outcome = outcomes[place] as Outcome
      if (outcome.accepted === true) {
        accepted += 1
        this.sent[index] = 'accepted'
        this.#options.onAccepted(this.#messageAt(index))
        return
      }
      this.#failed(index, outcome.error)
      if (!isEventFault(outcome.error)) trouble = { error: outcome.error, at }
    })
    return accepted === 0 ? trouble : undefined
  }

  #allFailed(call: readonly number[], trouble: Trouble): Trouble {
    for (const index of call) this.#failed(index, trouble.error)
    return trouble
  }

  /** Its successors in the same call may have failed with it: they only wait. */
  #failed(index: number, error: unknown): undefined {
    if (this.#isHalted(index)) return
    this.sent[index] = { error }
    const lane = laneOf(this.#messageAt(index))
    if (lane !== undefined) this.#halted.add(lane)
  }
}

/** Final errors that say something of the connection, nothing of the event. */
const finalTrouble: ReadonlySet<string> = new Set(['connection-refused', 'transport-closed', 'topology-mismatch'])

/** The event itself can't ever be accepted as things are. */
export function isEventFault(error: unknown): boolean {
  return isEventspineError(error) && !error.retryable && !finalTrouble.has(error.code)
}

/** Nothing was reached that could have an opinion on any event. */
export function isConnectionTrouble(error: unknown): boolean {
  return isEventspineError(error) && (error.code === 'connection-failed' || finalTrouble.has(error.code))
}

/** A whole call's failure that isn't for what the call held. */
function isTransportTrouble(error: unknown): boolean {
  return isEventspineError(error) && (error.retryable || finalTrouble.has(error.code))
}
