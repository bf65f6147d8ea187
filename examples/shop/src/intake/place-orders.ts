import { setTimeout as pause } from 'node:timers/promises'
import { isEventspineError } from '@eventspine/core'
import { OrderRefusedError } from '../services/order/place.ts'
import type { OrderService } from '../services/order/service.ts'
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
  readonly orders: Pick<OrderService, 'place' | 'countPending'>
  readonly counts: IntakeCounts
  readonly onRefused: (line: number, reason: string) => void
  readonly signal: AbortSignal
}

/** Places one order after the other. A line that is none is reported, and the rest goes on. */
export async function placeOrders({ file, orders, counts, onRefused, signal }: IntakeOptions): Promise<void> {
  for await (const line of readLines(file, maxLineBytes)) {
    while (orders.countPending() >= maxPending && !signal.aborted) await pause(2)
    if (signal.aborted) return
    counts.read = line.offset
    if (isBlank(line)) continue
    const fault = place(line, orders)
    if (fault === undefined) counts.placed++
    else {
      counts.refused++
      onRefused(line.number, fault)
    }
  }
}

/** What is wrong with it, if anything. */
function place({ bytes }: Line, orders: Pick<OrderService, 'place'>): string | undefined {
  if (bytes === undefined) return `is longer than ${maxLineBytes} bytes`
  const { order, fault } = parseOrder(bytes)
  if (fault !== undefined) return fault
  try {
    orders.place(order)
    return undefined
  } catch (error) {
    if (error instanceof OrderRefusedError || isEventspineError(error, 'invalid-data')) return error.message
    throw error
  }
}

const isBlank = ({ bytes }: Line): boolean => bytes?.every((byte) => byte === 0x20 || byte === 0x0d) === true
