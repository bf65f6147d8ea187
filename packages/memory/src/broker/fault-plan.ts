import {
  BrokerError,
  type Message,
  PublishFailedError,
  type Settlement,
  type TransportError,
} from '@eventspine/core/transport'

export interface PublishFault {
  /** How many messages it strikes. Default 1. */
  readonly times?: number
  readonly topic?: string
  readonly key?: string
  readonly match?: (message: Message) => boolean
  /** `refused` (default), or `unknown`: the answer is lost, and the message with it unless `accepted`. */
  readonly outcome?: 'refused' | 'unknown'
  readonly accepted?: boolean
  readonly error?: TransportError
}

export interface CallFault {
  /** How many calls it strikes. Default 1. */
  readonly times?: number
  readonly group?: string
  readonly error?: TransportError
}

interface Armed<Fault> {
  readonly fault: Fault
  left: number
}

/** What goes wrong next. Empty unless a test has said so. */
export class FaultPlan {
  #publish: Armed<PublishFault>[] = []
  #settle: Armed<CallFault>[] = []
  #deadLetter: Armed<CallFault>[] = []
  #delays: Armed<number>[] = []

  failPublish(fault: PublishFault): void {
    this.#publish.push(armed(fault, fault.times))
  }

  failSettle(fault: CallFault): void {
    this.#settle.push(armed(fault, fault.times))
  }

  failDeadLetter(fault: CallFault): void {
    this.#deadLetter.push(armed(fault, fault.times))
  }

  delayPublish(delayMs: number, times: number | undefined): void {
    this.#delays.push(armed(delayMs, times))
  }

  clear(): void {
    this.#publish = []
    this.#settle = []
    this.#deadLetter = []
    this.#delays = []
  }

  get strikesPublish(): boolean {
    return this.#publish.length > 0
  }

  get delaysPublish(): boolean {
    return this.#delays.length > 0
  }

  takeDelay(): number {
    return take(this.#delays, () => true) ?? 0
  }

  ofMessage(message: Message): (PublishFault & { readonly error: TransportError }) | undefined {
    const fault = take(this.#publish, ({ topic, key, match }) => {
      return (
        (topic === undefined || topic === message.topic) &&
        (key === undefined || key === message.key) &&
        (match === undefined || match(message))
      )
    })
    if (fault === undefined) return undefined
    return { ...fault, error: fault.error ?? new PublishFailedError('Injected: the publish failed') }
  }

  /** Throws when this call shall fail; nothing of it has happened then. */
  beforeSettle(group: string, settlements: readonly Settlement[]): void {
    if (this.#settle.length === 0 && this.#deadLetter.length === 0) return
    const ofGroup = (fault: CallFault): boolean => fault.group === undefined || fault.group === group
    const fault = take(this.#settle, ofGroup)
    if (fault !== undefined) throw fault.error ?? new BrokerError('Injected: the settlement failed')
    if (!settlements.some(({ as }) => as === 'dead-letter')) return
    const write = take(this.#deadLetter, ofGroup)
    if (write !== undefined) throw write.error ?? new BrokerError('Injected: the dead letter was not written')
  }
}

const armed = <Fault>(fault: Fault, times = 1): Armed<Fault> => ({ fault, left: times })

function take<Fault>(faults: Armed<Fault>[], strikes: (fault: Fault) => boolean): Fault | undefined {
  const at = faults.findIndex(({ fault }) => strikes(fault))
  const found = faults[at]
  if (found === undefined) return undefined
  found.left--
  if (found.left <= 0) faults.splice(at, 1)
  return found.fault
}
