import { ServerNotOursError } from './errors.ts'
import type { Recipe } from './recipe.ts'
import type { Server } from './server.ts'

/** Somebody else's server: nothing but its URL, handed on as it is. */
export function environmentServer({ name, variable }: Recipe, url: string): Server {
  const refuse = (verb: string) => async (): Promise<never> => {
    throw new ServerNotOursError(`${name} is the server that ${variable} names: ours to use, not to ${verb}`)
  }
  return {
    name,
    origin: 'environment',
    url,
    kill: refuse('kill'),
    restart: refuse('restart'),
    pause: refuse('pause'),
    resume: refuse('resume'),
    log: async () => '',
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
