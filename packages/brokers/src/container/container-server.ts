import type { StartedTestContainer } from 'testcontainers'
import { inTurn } from '../in-turn.ts'
import { freePorts } from '../native/free-ports.ts'
import type { ContainerRecipe, Recipe } from '../recipe.ts'
import type { Server, ServerOptions } from '../server.ts'
import { untilReady } from '../until-ready.ts'

/** A container that testcontainers starts and its reaper removes, whatever becomes of this process. */
export async function startContainer(recipe: Recipe, inside: ContainerRecipe, options: ServerOptions): Promise<Server> {
  // Loaded here and nowhere else: most machines that run this have no use for it.
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers')
  const [port] = await freePorts(1)
  const { env = {}, command, files = {} } = inside.run(port, options.config ?? {})
  const description = new GenericContainer(inside.image)
    .withEnvironment(env)
    // A port of the host's choosing would change with a restart.
    .withExposedPorts({ container: inside.port, host: port })
    .withCopyContentToContainer(Object.entries(files).map(([target, content]) => ({ target, content })))
    .withWaitStrategy(Wait.forListeningPorts())
  if (command) description.withCommand([...command])
  const container: StartedTestContainer = await description.start()

  const engine = (await getContainerRuntimeClient()).container.getById(container.getId())
  const log = async (): Promise<string> =>
    withoutHeaders(await engine.logs({ stdout: true, stderr: true, tail: 100, follow: false }))
  const { deadlineMs = recipe.deadlineMs } = options
  const ready = (): Promise<void> => untilReady({ recipe, port, deadlineMs, exit: () => undefined, log })
  const isRunning = async (): Promise<boolean> => (await engine.inspect()).State.Running

  const oneByOne = inTurn()
  const kill = async (): Promise<void> => {
    if (await isRunning()) await engine.kill()
  }
  let stopped: Promise<unknown> | undefined
  const stop = async (): Promise<void> => {
    stopped ??= oneByOne(() => container.stop({ timeout: 0 }))
    await stopped
  }
  try {
    await ready()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: recipe.name,
    origin: 'container',
    url: recipe.url(port),
    kill: () => oneByOne(kill),
    restart: () =>
      oneByOne(async () => {
        await kill()
        await engine.start()
        await ready()
      }),
    pause: () => oneByOne(() => engine.pause()),
    resume: () => oneByOne(() => engine.unpause()),
    log,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The engine sends stdout and stderr in frames: a type, three zeros and a length of four bytes before each. */
export function withoutHeaders(frames: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= frames.length; ) {
    const end = at + 8 + frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(at + 8, end))
    at = end
  }
  return Buffer.concat(parts).toString('utf8')
}
