import type { Fault } from './fault.ts'

/** Every fault that can be run today, in the order in which it runs; each loads when its turn comes. */
export const faults: readonly Fault[] = [
  {
    id: 'F-O12',
    title: 'applications and relays on one SQLite file, killed at any moment',
    transport: 'sqlite',
    run: async (options) => (await import('../../packages/sqlite/test/chaos/outbox-kills.ts')).runFault(options),
  },
  {
    id: 'F-K1',
    title: 'members are stopped, killed and paused while others join',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/member-faults.ts')).runFault(options),
  },
  {
    id: 'F-K2',
    title: 'commits under handlers of random length and kills',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/commit-faults.ts')).runFault(options),
  },
  {
    id: 'F-K3',
    title: 'handlers ten times as long as the session',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/long-handlers.ts')).runFault(options),
  },
  {
    id: 'F-K4',
    title: 'answers to publishes get lost under ten publishers',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/lost-answers.ts')).runFault(options),
  },
  {
    id: 'F-K5',
    title: 'broker restarts, new partitions, a deleted group',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/broker-faults.ts')).runFault(options),
  },
  {
    id: 'F-K6',
    title: 'a consumer that can not go on, a broker that answers no more',
    transport: 'kafka',
    run: async (options) => (await import('../../packages/kafka/test/chaos/dead-consumers.ts')).runFault(options),
  },
]
