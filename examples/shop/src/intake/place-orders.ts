import { setTimeout as pause } from 'node:timers/promises'
import { isEventspineError } from '@eventspine/core'
import type { OrderDesk } from '../demo/shop.ts'
import { OrderRefusedError } from '../services/order/place.ts'
import { parseOrder } from './parse-order.ts'
import { type Line, readLines } from './read-lines.ts'

const maxLineBytes = 65_536
/** Customers who wait for an answer at once. */
const maxPending = 100

export interface IntakeCounts {
  placed: number
  refused: number
  /** Bytes of the file. */
  read: number
}

interface IntakeOptions {
  readonly file: string
  readonly orders: OrderDesk
  readonly counts: IntakeCounts
  readonly onRefused: (line: number, reason: string) => void
  /** Bytes of the file so far, before the order that they end with is placed. */
  readonly onRead: (bytes: number) => void
  readonly signal: AbortSignal
}

/** Places one order after the other. A line that is none is reported, and the rest goes on. */
export async function placeOrders({ file, orders, counts, onRefused, onRead, signal }: IntakeOptions): Promise<void> {
  for await (const line of readLines(file, maxLineBytes)) {
    while (orders.countPending() >= maxPending && !signal.aborted) await pause(2)
    if (signal.aborted) return
    counts.read = line.offset
    onRead(line.offset)
    if (isBlank(line)) continue
    const fault = await place(line, orders)
    if (fault === undefined) counts.placed++
    else {
      counts.refused++
      onRefused(line.number, fault)
    }
  }
}

/** What is wrong with it, if anything. */
async function place({ bytes }: Line, orders: OrderDesk): Promise<string | undefined> {
  if (bytes === undefined) return `is longer than ${maxLineBytes} bytes`
  const { order, fault } = parseOrder(bytes)
  if (fault !== undefined) return fault
  try {
    await orders.place(order)
    return undefined
  } catch (error) {
    return refusalIn(error)
  }
}

/** Why an order wasn't taken; throws what is no refusal. */
export function refusalIn(error: unknown): string {
  if (error instanceof OrderRefusedError || isEventspineError(error, 'invalid-data')) return error.message
  throw error
}

const isBlank = ({ bytes }: Line): boolean => bytes?.every((byte) => byte === 0x20 || byte === 0x0d) === true
