import { compose, type Run } from './compose.ts'
import type { Gatherer, GatherHost } from './gatherer.ts'
import type { Registration } from './handler.ts'
import type { Middleware } from './middleware.ts'

/** What runs an event of one type: its handler, or waiting for its batch. */
export interface Route {
  readonly run: Run
  readonly gatherer: Gatherer | undefined
}

export type Routes = ReadonlyMap<string, Route>

/** By type, with the middlewares around each. */
export function createRoutes(
  registrations: readonly Registration[],
  middlewares: readonly Middleware[],
  host: GatherHost,
): Routes {
  const routes = registrations.map(({ definition, route }) => {
    const { run, gatherer } = route(host)
    return [definition.type, { run: compose(middlewares, run), gatherer }] as const
  })
  return new Map(routes)
}
