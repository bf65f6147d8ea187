import type { Timer } from '../clock.ts'
import type { Batch } from './gatherer.ts'
import { type Task, TaskQueue } from './task.ts'

/** The deliveries of one key of one partition: one at a time, in order. It lives while it holds something. */
export class Lane {
  readonly key: string
  readonly partition: PartitionLanes
  readonly waiting: TaskQueue = new TaskQueue()
  /** Started and not finished: more than one only while they gather in a batch. */
  inFlight = 0
  /** Started, but it isn't known yet whether it may join the batch of those before it. */
  tentative = false
  /** Failed, to be run again before anything that waits. */
  readonly again: Task[] = []
  againInMs = 0
  /** Runs while the lane waits to try again. */
  backoff: Timer | undefined
  /** The batch that the started ones have joined. */
  batch: Batch | undefined

  constructor(key: string, partition: PartitionLanes) {
    this.key = key
    this.partition = partition
  }
}

/** The lanes of one partition, and how much of it is in hand. */
export class PartitionLanes {
  readonly name: string
  readonly lanes: Map<string, Lane> = new Map()
  held = 0

  constructor(name: string) {
    this.name = name
  }

  laneOf(key: string): Lane {
    let lane = this.lanes.get(key)
    if (lane === undefined) {
      lane = new Lane(key, this)
      this.lanes.set(key, lane)
    }
    return lane
  }
}
