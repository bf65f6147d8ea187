import { atMost, systemClock } from '../clock.ts'
import { GroupConsumer } from '../consumer/group-consumer.ts'
import type { ConsumerOptions } from '../consumer/options.ts'
import { type ConsumerHost, type ConsumerSetup, setUpConsumer, unmetNeeds } from '../consumer/setup.ts'
import type { AnyEventDefinition, EventDefinition } from '../event/definition.ts'
import type { AnyDraft, PublishOptions } from '../event/draft.ts'
import { encodeEvent } from '../event/encode-event.ts'
import type { Event } from '../event/event.ts'
import { defaultLimits } from '../event/limits.ts'
import { consoleLogger } from '../logger.ts'
import { isThenable } from '../maybe-promise.ts'
import type { Capabilities } from '../transport/capabilities.ts'
import type { DeadLetters } from '../transport/dead-letters.ts'
import type { Message } from '../transport/message.ts'
import { resolveTransport } from '../transport/resolve-transport.ts'
import type { Transport } from '../transport/transport.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Bus, BusCounts, BusHealth, Published, PublishOutcome } from './bus.ts'
import { checkOptions } from './config.ts'
import { BusNotStartedError, UnmetCapabilitiesError } from './errors.ts'
import { busHealth } from './health.ts'
import type { BusOptions } from './options.ts'
import { Publisher } from './publisher.ts'
import { shieldLogger, shieldObserver } from './shield.ts'
import { Topics, topicSpecs } from './topics.ts'

/**
 * Puts a bus together; nothing is connected before `start`. A transport URL loads its adapter package: rejects with
 * `missing-adapter` or `unknown-scheme`, and with `invalid-config` for options that can't work.
 */
export async function createBus(options: BusOptions): Promise<Bus> {
  checkOptions(options)
  return new TransportBus(options, await resolveTransport(options.transport))
}

/** How long a stop waits at least for publishes in flight, and at most for the transport's close. */
const flushMs = 2_000
const closeMs = 5_000

/** What exists between start and stop. */
interface Running {
  readonly capabilities: Capabilities
  readonly publisher: Publisher
  readonly topics: Topics
}

class TransportBus implements Bus {
  readonly source: string
  readonly counts: BusCounts = { published: 0, publishFailed: 0, unheard: 0 }
  readonly #options: BusOptions
  readonly #transport: Transport
  readonly #host: ConsumerHost
  readonly #members: GroupConsumer[] = []
  #running: Running | undefined
  #starting: Promise<void> | undefined
  /** While the broker is asked for what a start needs: a stop need not wait for it. */
  #asking: AbortController | undefined
  #stopping: Promise<void> | undefined

  constructor(options: BusOptions, transport: Transport) {
    this.source = options.source
    this.#options = options
    this.#transport = transport
    const logger = shieldLogger(options.logger ?? consoleLogger)
    this.#host = {
      clock: options.clock ?? systemClock,
      logger,
      observe: shieldObserver(options.observe, logger),
      limits: { ...defaultLimits, ...options.limits },
      publish: (definition, data, publishOptions, cause) => this.#publish(definition, data, publishOptions, cause),
    }
  }

  get capabilities(): Capabilities {
    return this.#started().capabilities
  }

  publish<Input>(
    definition: EventDefinition<string, Input, unknown>,
    data: NoInfer<Input>,
    options?: PublishOptions & { readonly signal?: AbortSignal },
  ): Promise<Published> {
    return this.#publish(definition, data, options, undefined)
  }

  async publishAll(
    drafts: readonly AnyDraft[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly PublishOutcome[]> {
    return Promise.all(
      drafts.map(({ definition, data, options: own }) =>
        this.#publish(definition, data, { ...own, ...options }, undefined).then(
          (published): PublishOutcome => ({ accepted: true, ...published }),
          (error: unknown): PublishOutcome => refusal(error),
        ),
      ),
    )
  }

  subscribe(options: ConsumerOptions): GroupConsumer {
    const member = new GroupConsumer(options)
    // Checked now, so that a mistake is reported where it stands.
    this.#setUp(member)
    for (const middleware of options.use ?? []) middleware.attach?.(options.group)
    this.#members.push(member)
    if (this.#running !== undefined) void this.#join(this.#running, member)
    return member
  }

  start(signal?: AbortSignal): Promise<void> {
    this.#starting ??= this.#start(signal).catch(async (error: unknown) => {
      this.#starting = undefined
      await this.#waitFor(this.#transport.close(), closeMs)
      throw error
    })
    return this.#starting
  }

  stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.graceMs ?? this.#options.stopGraceMs ?? 20_000).finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async health(): Promise<BusHealth> {
    return busHealth(this.#running !== undefined, this.#transport, this.#members, this.#host.clock)
  }

  deadLetters(group: string): DeadLetters {
    return this.#transport.deadLetters(group)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  // Publishing

  #publish(
    definition: AnyEventDefinition,
    data: unknown,
    options: (PublishOptions & { readonly signal?: AbortSignal }) | undefined,
    cause: Event | undefined,
  ): Promise<Published> {
    try {
      const running = this.#started()
      const draft: AnyDraft = { definition, data, options: options ?? {} }
      const encoded = encodeEvent(draft, { source: this.source, cause, now: this.#host.clock.now() })
      if (isThenable(encoded)) return encoded.then((message) => this.#send(running, draft, message))
      return this.#send(running, draft, encoded)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #send(running: Running, draft: AnyDraft, message: Message): Promise<Published> {
    const { signal } = draft.options as { readonly signal?: AbortSignal }
    if (running.topics.isKnown(message.topic)) return running.publisher.publish(message, signal)
    return running.topics.learn(draft.definition).then(() => running.publisher.publish(message, signal))
  }

  #started(): Running {
    if (this.#running === undefined) throw new BusNotStartedError('The bus is not running: await bus.start() first.')
    return this.#running
  }

  // Lifecycle

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const transport = this.#transport
    const asking = new AbortController()
    this.#asking = asking
    const either = signal === undefined ? asking.signal : AbortSignal.any([signal, asking.signal])
    const capabilities = await unlessAborted(transport.connect(either), either)
    const setups = this.#members.map((member) => this.#setUp(member))
    this.#refuseUnmet(setups, capabilities)
    const topics = new Topics(transport, this.#options.topology ?? 'ensure')
    const groups = setups.map((setup) => setup.group)
    await unlessAborted(topics.declare(this.#definitions(), groups), either)
    this.#asking = undefined
    const running = { capabilities, topics, publisher: this.#createPublisher(capabilities) }
    // Before the consumers: their handlers may publish.
    this.#running = running
    try {
      await Promise.all(
        this.#members.map((member, index) => this.#begin(running, member, setups[index] as ConsumerSetup)),
      )
    } catch (error) {
      await Promise.all(this.#members.map((member) => member.stop(0)))
      this.#running = undefined
      throw error
    }
  }

  async #stop(graceMs: number): Promise<void> {
    this.#asking?.abort(new BusNotStartedError('Stopped while it started.'))
    // A start that fails cleans up after itself.
    await this.#starting?.catch(() => {})
    const { clock } = this.#host
    const graceEnds = clock.now() + graceMs
    await Promise.all(this.#members.map((member) => member.stop(graceMs)))
    await this.#waitFor(
      this.#running?.publisher.flush() ?? Promise.resolve(),
      Math.max(flushMs, graceEnds - clock.now()),
    )
    this.#running = undefined
    this.#starting = undefined
    await this.#waitFor(this.#transport.close(), closeMs)
  }

  /** A broker that doesn't answer keeps nobody from stopping. */
  #waitFor(work: Promise<void>, limitMs: number): Promise<void> {
    const { clock, logger } = this.#host
    const transport = this.#transport.name
    return atMost(clock, limitMs, work, () => logger.warn({ transport, limitMs }, 'stopped without an answer'))
  }

  #begin(running: Running, member: GroupConsumer, setup: ConsumerSetup): Promise<void> {
    const { capabilities } = running
    return member.start({ host: this.#host, setup, transport: this.#transport, capabilities })
  }

  /** A consumer that came after the start: whoever subscribed learns of a failure by log, health and its state. */
  async #join(running: Running, member: GroupConsumer): Promise<void> {
    try {
      const setup = this.#setUp(member)
      this.#refuseUnmet([setup], running.capabilities)
      await running.topics.declare(handledBy(member), [setup.group])
      // Stopped meanwhile: the next start will take it along.
      if (this.#running !== running || this.#stopping !== undefined) return
      await this.#begin(running, member, setup)
    } catch (error) {
      member.fail()
      this.#host.logger.error({ group: member.group, error }, 'consumer could not start')
    }
  }

  #setUp(member: GroupConsumer): ConsumerSetup {
    const topics = topicSpecs([...this.#definitions(), ...handledBy(member)])
    return setUpConsumer(member.options, new Set(topics.filter((topic) => topic.ordered).map((topic) => topic.name)))
  }

  /** Every event that this service is known to publish or handle. */
  #definitions(): AnyEventDefinition[] {
    return [...(this.#options.events ?? []), ...this.#members.flatMap(handledBy)]
  }

  #refuseUnmet(setups: readonly ConsumerSetup[], capabilities: Capabilities): void {
    const unmet = setups.flatMap((setup) => unmetNeeds(setup, capabilities))
    if (this.#options.unheard === 'reject' && !capabilities.detectsNoGroup) {
      unmet.push("unheard: 'reject' needs a broker that tells")
    }
    if (unmet.length > 0) throw new UnmetCapabilitiesError(this.#transport.name, unmet)
  }

  #createPublisher(capabilities: Capabilities): Publisher {
    return new Publisher({
      transport: this.#transport,
      maxBatch: capabilities.maxBatch,
      clock: this.#host.clock,
      timeoutMs: this.#options.publishTimeoutMs ?? 30_000,
      unheard: this.#options.unheard ?? 'count',
      counts: this.counts,
      observe: this.#host.observe,
    })
  }
}

function handledBy(member: GroupConsumer): AnyEventDefinition[] {
  return member.options.on.map((registration) => registration.definition)
}

/** A key function or a schema of the app's may throw anything. */
function refusal(error: unknown): PublishOutcome {
  return { accepted: false, error: error instanceof Error ? error : new Error(String(error)) }
}
