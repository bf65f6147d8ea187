import { request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { inject } from 'vitest'
import { reviveError } from '../errors.ts'
import type { Server, ServerName, ServerOptions } from '../server.ts'
import type { Answer, Opened, Request } from './protocol.ts'

export interface ConnectOptions extends ServerOptions {
  /**
   * Files that name the same instance share one server. One that kills or pauses takes a name of its own: its neighbours
   * run at the same time. `shared` by default.
   */
  readonly instance?: string
}

/**
 * A server of this test run, started by the first file that asks and stopped after the last file; so `stop()` does nothing
 * here. The project's `globalSetup` names `@eventspine/brokers/vitest/setup`.
 */
export async function connectServer(name: ServerName, connect: ConnectOptions = {}): Promise<Server> {
  const { instance = 'shared', ...options } = connect
  const owner = inject('eventspineBrokers')
  if (!owner)
    throw new Error('connectServer needs the globalSetup @eventspine/brokers/vitest/setup in vitest.config.ts')
  const order = (verb: Request['verb']): Promise<Opened> => send(owner, { verb, name, instance, options })
  const obey = (verb: Request['verb']) => async (): Promise<void> => void (await order(verb))

  const { url, origin } = await order('open')
  return {
    name,
    origin,
    url,
    kill: obey('kill'),
    restart: obey('restart'),
    pause: obey('pause'),
    resume: obey('resume'),
    log: async () => (await order('log')).log,
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

async function send(owner: string, request: Request): Promise<Opened> {
  const answer = await post(owner, JSON.stringify(request))
  if ('code' in answer) throw reviveError(answer.code, answer.message)
  return answer
}

function post(owner: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(owner, { method: 'POST', agent: false }, (response) => {
      json(response).then((answer) => resolve(answer as Answer), reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}
