import { maxHeld, readAttempt, readHop } from '@eventspine/core/transport'
import type { FetchedRecord, Place } from '../driver/driver.ts'
import { delayOf, fromRecord } from '../mapper.ts'
import { type Position, type Run, type Suspects, suspectsAfterCrash, timesOf } from '../offsets.ts'
import type { Entry } from './entry.ts'

/** How far ahead of what is yielded a commit reserves: a crash makes suspects of no more. */
const reserveAhead = 2_000

/**
 * What a commit reserves beside what is in hand: as much as may soon be, the next one if it was asked for, or nothing at all, since
 * the claim ends in peace.
 */
export type Ahead = 'many' | 'one' | 'none'

/**
 * A member's hold on one partition: what was read and not finished, in the order of the log, and what a commit has to say
 * of it. It asks nobody anything; whoever owns it fetches, yields, settles and commits.
 */
export class Claim {
  readonly place: Place
  readonly name: string
  /** Of a delay topic: how long its messages lie at least. */
  readonly tierMs: number | undefined
  /** Where to read on. */
  position: number
  leader = -1
  /** Somebody else shall have it: it yields nothing more and goes when nothing is held. */
  revoking = false
  /** Fenced: no settlement changes anything. */
  over = false
  /** Something changed since the last commit. */
  dirty = true
  /** Attempts or suspicions that a settlement may not outrun. */
  noteDirty = false
  finishedSinceCommit = 0
  /** Yielded and not settled. */
  held = 0
  heldBytes = 0
  /** Ready to be yielded. */
  buffered = 0
  bufferedBytes = 0
  /** Offsets below it may be yielded: a commit says so. */
  reserved: number
  /** Reading alone: the next one of this claim is the one that may be yielded. */
  reservesNext = false
  readonly #lease = new AbortController()
  /** From the low-water mark on, by offset; finished ones between unfinished ones. */
  #entries: Entry[] = []
  /** The ready ones, by offset. */
  #ready: Entry[] = []
  readonly #attempts: ReadonlyMap<number, number>
  readonly #finishedBefore: readonly Run[]
  #suspects: readonly Suspects[]
  #yieldedTo: number

  constructor(place: Place, position: Position, tierMs?: number) {
    this.place = place
    this.tierMs = tierMs
    this.name = `${place.topic}/${place.partition}`
    this.position = position.low
    this.reserved = position.low
    this.#yieldedTo = position.low
    this.#attempts = position.attempts
    this.#finishedBefore = position.finished
    this.#suspects = suspectsAfterCrash(position)
  }

  get lease(): AbortSignal {
    return this.#lease.signal
  }

  /** The first offset that is not finished. */
  get low(): number {
    return this.#entries[0]?.offset ?? this.position
  }

  get full(): boolean {
    return this.held >= maxHeld.messages || this.heldBytes >= maxHeld.bytes
  }

  /** What was read, in order; the caller makes ready what is due. */
  add(records: readonly FetchedRecord[], next: number): Entry[] {
    const added: Entry[] = []
    for (const record of records) {
      if (record.offset < this.position || this.#isFinished(record.offset)) continue
      const { message, bookkeeping } = fromRecord(this.place.topic, this.place.partition, record)
      const failed = this.#attempts.get(record.offset) ?? 0
      const entry: Entry = {
        offset: record.offset,
        message,
        bytes: message.body?.byteLength ?? 0,
        hop: readHop(bookkeeping),
        dueAt: this.tierMs === undefined ? 0 : record.timestamp + delayOf(record),
        maturesAt: this.tierMs === undefined ? 0 : record.timestamp + this.tierMs,
        attempt: Math.max(readAttempt(bookkeeping), failed + 1),
        redelivered: timesOf(this.#suspects, record.offset),
        state: 'waiting',
        noted: failed > 0,
      }
      this.#entries.push(entry)
      added.push(entry)
    }
    if (next > this.position) {
      this.position = next
      this.dirty = true
    }
    return added
  }

  #isFinished(offset: number): boolean {
    return this.#finishedBefore.some(({ from, to }) => from <= offset && offset <= to)
  }

  makeReady(entry: Entry): void {
    if (entry.state !== 'waiting') return
    entry.state = 'ready'
    this.#ready.push(entry)
    this.buffered++
    this.bufferedBytes += entry.bytes
  }

  /** The next that may be yielded now. */
  peek(): Entry | undefined {
    if (this.revoking || this.over || this.full) return undefined
    return this.#ready[0]
  }

  /** True when the next one waits for a commit that reserves it. */
  isReserved(entry: Entry): boolean {
    return entry.offset < this.reserved
  }

  take(): Entry {
    const entry = this.#ready.shift() as Entry
    entry.state = 'yielded'
    this.buffered--
    this.bufferedBytes -= entry.bytes
    this.held++
    this.heldBytes += entry.bytes
    if (entry.offset >= this.#yieldedTo) this.#yieldedTo = entry.offset + 1
    return entry
  }

  finish(entry: Entry): void {
    if (entry.state === 'yielded') this.#drop(entry)
    entry.state = 'finished'
    this.finishedSinceCommit++
    this.dirty = true
    if (this.#entries[0] === entry) this.#sweep()
  }

  /** Back to where it was, before everything newer. */
  release(entry: Entry): void {
    this.#drop(entry)
    entry.redelivered++
    entry.state = this.revoking ? 'waiting' : 'ready'
    this.dirty = true
    if (this.revoking) return
    const at = this.#ready.findIndex(({ offset }) => offset > entry.offset)
    this.#ready.splice(at < 0 ? this.#ready.length : at, 0, entry)
    this.buffered++
    this.bufferedBytes += entry.bytes
  }

  note(entry: Entry, attempt: number): void {
    entry.attempt = attempt + 1
    entry.noted = true
    this.dirty = true
    this.noteDirty = true
  }

  #drop(entry: Entry): void {
    this.held--
    this.heldBytes -= entry.bytes
  }

  #sweep(): void {
    const first = this.#entries.findIndex(({ state }) => state !== 'finished')
    this.#entries.splice(0, first < 0 ? this.#entries.length : first)
  }

  /** Nothing is held but what retries in place, and what waits behind it. */
  get isIdle(): boolean {
    if (this.held === 0) return true
    const retrying = new Set<string>()
    for (const { state, noted, message } of this.#entries) {
      if (state !== 'yielded') continue
      if (message.key !== undefined && retrying.has(message.key)) continue
      if (!noted) return false
      if (message.key !== undefined) retrying.add(message.key)
    }
    return true
  }

  /** Yields nothing more and forgets what it had not yielded: the next owner reads it again. */
  revoke(): void {
    this.revoking = true
    for (const entry of this.#ready) entry.state = 'waiting'
    this.#ready = []
    this.buffered = 0
    this.bufferedBytes = 0
    // What the log alone can't tell the next owner stays until the commit has told it.
    const last = this.#entries.findLastIndex(
      ({ state, noted, redelivered }) => state === 'yielded' || state === 'finished' || noted || redelivered > 0,
    )
    const dropped = this.#entries.splice(last + 1)
    if (dropped[0] !== undefined) this.position = dropped[0].offset
  }

  /** It stays after all: reads again what it had forgotten. */
  keep(): void {
    this.revoking = false
  }

  /** Read, and not made ready yet. */
  get waiting(): Entry[] {
    return this.#entries.filter(({ state }) => state === 'waiting')
  }

  /** What is in hand goes back, and was delivered once more. */
  giveBack(): void {
    for (const entry of this.#entries) if (entry.state === 'yielded') this.release(entry)
  }

  end(): void {
    if (this.over) return
    this.over = true
    this.#ready = []
    this.buffered = 0
    this.bufferedBytes = 0
    this.#lease.abort(new DOMException('The lease is over', 'AbortError'))
  }

  /** What a commit says now. */
  toPosition(ahead: Ahead): Position {
    const low = this.low
    return {
      low,
      finished: this.#finishedRuns(low),
      attempts: this.#failedAttempts(),
      reserved: this.#toReserve(ahead),
      suspects: this.#suspectRuns(low),
    }
  }

  #toReserve(ahead: Ahead): number | undefined {
    if (ahead === 'none') return undefined
    if (ahead === 'one') {
      const next = this.reservesNext ? (this.#ready[0]?.offset ?? -1) + 1 : 0
      const to = Math.max(this.held > 0 ? this.#yieldedTo : 0, next)
      return to === 0 ? undefined : to
    }
    const next = Math.max(this.#yieldedTo, this.#ready[0]?.offset ?? this.position)
    return Math.max(this.reserved, next + reserveAhead + Math.min(this.finishedSinceCommit * 4, 100_000))
  }

  /** Whether a commit should reserve more soon. */
  get isShortOfReserve(): boolean {
    return this.#yieldedTo + reserveAhead / 2 > this.reserved
  }

  #finishedRuns(low: number): Run[] {
    const runs: { from: number; to: number }[] = []
    let open: { from: number; to: number } | undefined
    for (const { offset, state } of this.#entries) {
      if (state !== 'finished') open = undefined
      else if (open === undefined) {
        open = { from: offset, to: offset }
        runs.push(open)
      } else open.to = offset
    }
    for (const { from, to } of this.#finishedBefore) {
      if (to >= low && to >= this.position) runs.push({ from: Math.max(from, this.position), to })
    }
    return runs
  }

  #failedAttempts(): Map<number, number> {
    const attempts = new Map<number, number>()
    for (const { offset, state, noted, attempt } of this.#entries) {
      if (noted && state !== 'finished') attempts.set(offset, attempt - 1)
    }
    for (const [offset, attempt] of this.#attempts) if (offset >= this.position) attempts.set(offset, attempt)
    return attempts
  }

  #suspectRuns(low: number): Suspects[] {
    const runs: { from: number; to: number; times: number }[] = []
    for (const { offset, redelivered, state } of this.#entries) {
      if (redelivered === 0 || state === 'finished') continue
      const last = runs.at(-1)
      if (last !== undefined && last.times === redelivered) last.to = offset
      else runs.push({ from: offset, to: offset, times: redelivered })
    }
    this.#suspects = this.#suspects.filter(({ to }) => to >= low)
    for (const { from, to, times } of this.#suspects) {
      if (to >= this.position) runs.push({ from: Math.max(from, this.position), to, times })
    }
    return runs
  }
}
