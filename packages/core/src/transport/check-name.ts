import { shown } from '../event/shown.ts'
import { InvalidNameError } from './errors.ts'

const allowed = /^[A-Za-z0-9._-]{1,200}$/
/** What brokers keep for themselves (RabbitMQ, Kafka) and what adapters build their own resources under. */
const reservedPrefixes = ['amq.', '__', 'eventspine.']

/**
 * Why no topic or group may be called `name`: undefined when it may. 1 to 200 of `A-Z a-z 0-9 . _ -`, no dot at either end
 * and no two in a row (adapters append `.dead` and the like), no reserved prefix. The same verdict on every broker.
 */
export function checkName(kind: 'topic' | 'group', name: string): InvalidNameError | undefined {
  const reason = faultOf(name)
  return reason === undefined
    ? undefined
    : new InvalidNameError(`Not a name for a ${kind}: ${shown(String(name))} ${reason}`)
}

function faultOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string'
  if (!allowed.test(name)) return 'must be 1 to 200 of the characters A-Z a-z 0-9 . _ -'
  if (name.includes('..') || name.startsWith('.') || name.endsWith('.')) return 'has an empty part between dots'
  const prefix = reservedPrefixes.find((reserved) => name.toLowerCase().startsWith(reserved))
  return prefix === undefined ? undefined : `begins with the reserved "${prefix}"`
}
