import type { Attempt } from './attempt.ts'
import { compose, type Run } from './compose.ts'
import { Gatherer, type GatherHost } from './gatherer.ts'
import type { BatchHandler, Registration } from './handler.ts'
import type { Middleware } from './middleware.ts'

/** What runs an event of one type: middlewares around its handler, or around waiting for its batch. */
export interface Route {
  readonly run: Run
  readonly gatherer: Gatherer | undefined
}

export type Routes = ReadonlyMap<string, Route>

export function createRoutes(
  registrations: readonly Registration[],
  middlewares: readonly Middleware[],
  host: GatherHost,
): Routes {
  return new Map(
    registrations.map((registration) => [registration.definition.type, routeFor(registration, middlewares, host)]),
  )
}

function routeFor(registration: Registration, middlewares: readonly Middleware[], host: GatherHost): Route {
  const { run } = registration
  if (run.kind === 'one') {
    return { run: compose(middlewares, (context) => run.handler(context.event, context)), gatherer: undefined }
  }
  const gatherer = new Gatherer(host, { ...run, handler: run.handler as BatchHandler<string, unknown> })
  // The engine makes every context, so each is an Attempt.
  return { run: compose(middlewares, (context) => gatherer.join(context as Attempt)), gatherer }
}
