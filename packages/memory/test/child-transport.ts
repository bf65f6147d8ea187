import { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from '@eventspine/memory'

/** What a member's process imports. */
export function createTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  return memoryTransport(options)
}
