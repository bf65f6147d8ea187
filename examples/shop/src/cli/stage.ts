import { openShop } from '../demo/open-shop.ts'
import { planMishap } from '../demo/processes/mishap.ts'
import { openProcesses } from '../demo/processes/open-processes.ts'
import { roles } from '../demo/roles.ts'
import type { DemoOptions } from '../demo/run-demo.ts'
import { startBroker } from '../demo/start-broker.ts'
import type { CliOptions } from './options.ts'

/** What a run is set on. */
export interface Stage extends Pick<DemoOptions, 'transport' | 'open' | 'patience'> {
  /** In words. */
  readonly setting: string
  close(): Promise<void>
}

interface Notices {
  readonly onNote: (line: string) => void
  readonly stderr: NodeJS.WriteStream
}

export async function setStage(options: CliOptions, notices: Notices): Promise<Stage> {
  const { broker } = options
  if (broker.kind === 'memory') return inMemory()
  if (broker.kind === 'url') return onServer(broker.url, options, notices)
  const server = await startBroker(broker.name)
  const origin = server.origin === 'environment' ? "the environment's" : `started as a ${server.origin} one`
  notices.onNote(`${broker.name} answers (${origin})`)
  return { ...onServer(server.url, options, notices), close: () => server.stop() }
}

function inMemory(): Stage {
  // A name of its own, so that two demos in one process don't meet.
  const transport = `memory:shop-${crypto.randomUUID()}`
  return { transport, open: openShop, setting: 'in memory', close: async () => {} }
}

function onServer(url: string, { seed, kill, verbose }: CliOptions, { onNote, stderr }: Notices): Stage {
  const mishap = kill === 'none' ? undefined : planMishap(seed, kill)
  if (mishap !== undefined) onNote(`seed ${seed}: ${mishap.role} will be killed`)
  return {
    transport: url,
    open: openProcesses({ url, mishap, onNote, ...(verbose && { stderr }) }),
    setting: `on ${url.slice(0, url.indexOf(':'))} in ${roles.length} processes`,
    // A group waits for its dead before another has their share; a minute without any movement is more than that.
    patience: { looks: 600, everyMs: 100 },
    close: async () => {},
  }
}
