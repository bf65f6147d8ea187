/** What `spawnMember` runs: one adapter, driven over the IPC channel. */
import type { Transport } from '../../transport/transport.ts'
import type { Command, Notice } from './protocol.ts'
import { serveMember } from './serve-member.ts'

const send = (notice: Notice): void => void process.send?.(notice)

async function start({ module, options }: Extract<Command, { kind: 'start' }>): Promise<void> {
  const { createTransport } = (await import(module)) as { createTransport: (options: unknown) => Transport }
  const transport = createTransport(options)
  process.on('message', serveMember(transport, send))
  send({ kind: 'ready', name: transport.name })
}

process.once('message', (command: Command) => {
  if (command.kind === 'start') void start(command)
})
/** The parent is gone, and nobody else would end this process. */
process.once('disconnect', () => process.exit())
