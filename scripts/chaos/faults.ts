import type { Fault } from './fault.ts'

/** Every fault that can be run today, in the order in which it runs. */
export const faults: readonly Fault[] = []
