import { setTimeout as delay } from 'node:timers/promises'
import { defineCase, type Subject } from '../../harness/case.ts'
import { liveMiB } from '../../harness/garbage.ts'
import { Countdown } from '../../harness/work.ts'
import { byBus, makeBacklog } from './backlog.ts'

const samples = 20
/** Enough for whatever would be read ahead of handlers that don't end. */
const heldMs = 3_000

/** What a member keeps alive at most, above what was alive before it began: while its handlers hang, then while they run. */
const eventspine: Subject = async ({ events, say }) => {
  const orders = await makeBacklog(events)
  const share = Math.ceil(events / samples)
  return {
    round: async () => {
      const before = liveMiB()
      const handled = new Countdown()
      const allHandled = handled.from(events)
      const gate = Promise.withResolvers<void>()
      const running: number[] = []
      let count = 0
      const serve = byBus((onEvent) => gate.promise.then(onEvent))
      const stop = await serve(orders, () => {
        if (++count % share === 0) running.push(liveMiB() - before)
        handled.tick()
      })
      await delay(heldMs)
      const held = liveMiB() - before
      gate.resolve()
      await allHandled
      await stop()
      say(`held ${held.toFixed(1)} MiB, running ${Math.max(...running).toFixed(1)} MiB at most`)
      return Math.max(held, ...running)
    },
  }
}

export const memory = defineCase({
  suite: 'kafka',
  case: 'memory',
  unit: 'MiB',
  events: 100_000,
  rounds: 1,
  warmUpRounds: 0,
  bar: { of: 'value', atMost: 64, enforced: true },
  subjects: { eventspine },
})
