import { startContainer } from './container/container-server.ts'
import { engineSocket } from './container/docker-engine.ts'
import { environmentServer } from './environment-server.ts'
import { missing } from './errors.ts'
import { startNative } from './native/native-server.ts'
import type { Recipe } from './recipe.ts'
import type { Server, ServerOptions } from './server.ts'

/**
 * The server that the environment names, else a container where a Docker engine answers, else a native process, installed
 * when missing. Rejects with `ServerMissingError` or `ServerFailedError`; never resolves to nothing.
 */
export async function startServer(recipe: Recipe, options: ServerOptions): Promise<Server> {
  const url = process.env[recipe.variable]
  if (url && options.config === undefined && options.own !== true) return environmentServer(recipe, url)
  if (recipe.container && (await engineSocket()) !== undefined) {
    return startContainer(recipe, recipe.container, options)
  }
  try {
    await recipe.native.install()
  } catch (cause) {
    throw missing(recipe.name, recipe.variable, cause as Error)
  }
  return startNative(recipe, options)
}
