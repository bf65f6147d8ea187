/**
 * Who may import whom inside `packages/core/src`, the room's own files apart. A room is a folder; `base` is the files
 * beside the folders (error.ts, clock.ts, …) except the front door, index.ts, which may open every room but `testing`.
 */
export const coreRooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  event: ['base'],
  transport: ['base', 'event'],
  consumer: ['base', 'event', 'transport'],
  middleware: ['base', 'event', 'transport', 'consumer'],
  outbox: ['base', 'event', 'transport', 'consumer'],
  saga: ['base', 'event', 'transport', 'consumer', 'outbox'],
  bus: ['base', 'event', 'transport', 'consumer', 'middleware'],
  // The one room that may open the bus: its suites run whole services, and nothing imports a suite.
  testing: ['base', 'event', 'transport', 'consumer', 'middleware', 'outbox', 'saga', 'bus'],
  index: ['base', 'event', 'transport', 'consumer', 'middleware', 'bus'],
}

/** Core runs on what every platform has; only its test suites may lean on Node. */
export const coreRoomsOnNode: readonly string[] = ['testing']

/** What a package's source may import of the packages beside it; its tests may import any. */
export const allowedDoors: readonly string[] = [
  '@eventspine/core',
  '@eventspine/core/transport',
  '@eventspine/core/outbox',
  '@eventspine/core/saga',
]
