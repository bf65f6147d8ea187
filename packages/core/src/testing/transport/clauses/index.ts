import type { Family } from '../clause.ts'
import { attempts } from './attempts.ts'
import { busOrder } from './bus-order.ts'
import { causation } from './causation.ts'
import { content } from './content.ts'
import { crashes } from './crashes.ts'
import { deadLettering } from './dead-lettering.ts'
import { deadLetters } from './dead-letters.ts'
import { delivery } from './delivery.ts'
import { faults } from './faults.ts'
import { fencing } from './fencing.ts'
import { flow } from './flow.ts'
import { handover } from './handover.ts'
import { health } from './health.ts'
import { keys } from './keys.ts'
import { lifecycle } from './lifecycle.ts'
import { order } from './order.ts'
import { pace } from './pace.ts'
import { publishing } from './publishing.ts'
import { reading } from './reading.ts'
import { retryAndDelay } from './retry-and-delay.ts'
import { startPosition } from './start-position.ts'
import { starting } from './starting.ts'
import { stopping } from './stopping.ts'
import { topology } from './topology.ts'

/**
 * Every family of clauses, in the order in which they run, so that a simple break is read first: a bare `Transport`, then
 * buses over it (those that come `onStage`), the faults of both last.
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
  keys,
  attempts,
  deadLettering,
  reading,
  starting,
  stopping,
  pace,
  busOrder,
  causation,
  health,
  faults,
  handover,
  fencing,
  crashes,
]
