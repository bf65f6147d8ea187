import type { TestProject } from 'vitest/node'
import { recipes } from '../servers/recipes.ts'
import { startServer } from '../start-server.ts'
import { startControl } from './control-server.ts'
import type {} from './protocol.ts'

/** A vitest `globalSetup`: costs nothing until a test file asks for a server. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const control = await startControl((name, options) => startServer(recipes[name], options))
  project.provide('eventspineBrokers', control.url)
  return control.close
}
