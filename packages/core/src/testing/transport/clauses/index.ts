import type { Family } from '../clause.ts'
import { content } from './content.ts'
import { deadLetters } from './dead-letters.ts'
import { delivery } from './delivery.ts'
import { faults } from './faults.ts'
import { fencing } from './fencing.ts'
import { flow } from './flow.ts'
import { handover } from './handover.ts'
import { lifecycle } from './lifecycle.ts'
import { order } from './order.ts'
import { publishing } from './publishing.ts'
import { retryAndDelay } from './retry-and-delay.ts'
import { startPosition } from './start-position.ts'
import { topology } from './topology.ts'

/**
 * Every family of clauses, in the order in which they run: the faults last, so that a simple break is read first.
 * These drive a bare `Transport`. Families that drive a bus or consumer over `member.transport` (retry policy, stop with
 * grace, pause, health, crash loops) are files of the same form, added to this list before `faults`.
 */
export const families: readonly Family[] = [
  topology,
  delivery,
  content,
  publishing,
  startPosition,
  order,
  retryAndDelay,
  deadLetters,
  flow,
  lifecycle,
  faults,
  handover,
  fencing,
]
