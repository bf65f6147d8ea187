import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerFailedError, ServerNotRunningError } from '../errors.ts'
import { inTurn } from '../in-turn.ts'
import type { Place, Programs, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { untilReady } from '../until-ready.ts'
import { freePorts } from './free-ports.ts'
import { guard, release } from './guard.ts'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'
import { tail } from './tail.ts'

const portTaken = /address (is )?already in use|eaddrinuse/i

/** A process of this machine on 127.0.0.1, its data in a temporary folder. The programs are there. */
export async function startNative(recipe: Recipe, options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(recipe, options)
    } catch (error) {
      if (attempt === 3 || !(error instanceof ServerFailedError) || !portTaken.test(error.message)) throw error
    }
  }
}

async function startOnce(recipe: Recipe, options: ServerOptions): Promise<Server> {
  const { name, native } = recipe
  const folder = await mkdtemp(join(tmpdir(), `eventspine-${name}-`))
  await guard(folder)
  const place: Place = { folder, ports: await freePorts(native.ports), config: options.config ?? {} }
  const run = createRun(recipe, options, place)
  try {
    await run.start(await prepare(recipe, place))
  } catch (error) {
    await run.end()
    throw error
  }

  const oneByOne = inTurn()
  const stop = (): Promise<void> => oneByOne(run.end)
  return {
    name,
    origin: 'native',
    url: recipe.url(place.ports[0]),
    kill: () => oneByOne(run.kill),
    restart: () => oneByOne(run.restart),
    pause: () => oneByOne(() => run.signal('SIGSTOP')),
    resume: () => oneByOne(() => run.signal('SIGCONT')),
    // Not in turn: what a server writes is wanted most while a restart hangs.
    log: run.log,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function prepare({ name, native }: Recipe, place: Place): Promise<Programs> {
  try {
    return await native.prepare(place)
  } catch (cause) {
    throw new ServerFailedError(`${name} could not be prepared: ${(cause as Error).message}`, { cause })
  }
}

interface Run {
  start(programs: Programs): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
  signal(signal: NodeJS.Signals): Promise<void>
  log(): Promise<string>
  end(): Promise<void>
}

function createRun(recipe: Recipe, options: ServerOptions, { folder, ports }: Place): Run {
  const logFile = join(folder, 'server.log')
  const log = (): Promise<string> => tail(logFile, 8192)
  let programs: Programs | undefined
  let server: GuardedProcess | undefined
  let companion: GuardedProcess | undefined

  const launch = async (): Promise<void> => {
    if (programs === undefined) throw new ServerNotRunningError(`${recipe.name} has been stopped`)
    server = await startGuarded(programs.server, { folder, logFile })
    const { deadlineMs = recipe.deadlineMs } = options
    const exit = (): string | undefined => server?.exit ?? companion?.exit
    await untilReady({ recipe, port: ports[0], deadlineMs, exit, log })
  }

  const kill = async (): Promise<void> => {
    await server?.kill()
    server = undefined
  }

  return {
    start: async (prepared) => {
      programs = prepared
      if (prepared.companion) companion = await startGuarded(prepared.companion, { folder, logFile })
      await launch()
    },
    kill,
    restart: async () => {
      await kill()
      await launch()
    },
    signal: async (signal) => {
      if (server === undefined) throw new ServerNotRunningError(`${recipe.name} does not run`)
      server.signal(signal)
    },
    log,
    end: async () => {
      programs = undefined
      await kill()
      await companion?.kill()
      companion = undefined
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
      await release(folder)
    },
  }
}
