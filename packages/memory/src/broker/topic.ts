import { partitionOf } from '@eventspine/core/transport'
import type { Group } from './group.ts'
import { Log, type Retention } from './log.ts'
import type { Stored } from './stored.ts'

export interface TopicOptions {
  readonly ordered: boolean
  readonly partitions: number
  /** Of the whole topic. */
  readonly retention: Retention
}

/** An ordered topic has a log per partition, any other has one. */
export class Topic {
  readonly name: string
  readonly ordered: boolean
  readonly logs: readonly Log[]
  readonly groups: Group[] = []
  #turn = 0

  constructor(name: string, options: TopicOptions) {
    this.name = name
    this.ordered = options.ordered
    const count = options.ordered ? options.partitions : 1
    const retention = {
      messages: Math.ceil(options.retention.messages / count),
      bytes: Math.ceil(options.retention.bytes / count),
    }
    this.logs = Array.from({ length: count }, (_, index) => new Log(name, index, retention))
  }

  append(stored: Stored): void {
    this.#logOf(stored.key).append(stored)
  }

  wake(): void {
    for (const group of this.groups) group.wake()
  }

  #logOf(key: string | undefined): Log {
    const { logs } = this
    if (logs.length === 1) return logs[0] as Log
    const index = key === undefined ? this.#turn++ % logs.length : partitionOf(key, logs.length)
    return logs[index] as Log
  }
}
