import { seededRandom } from '@eventspine/core/testing'
import { type Role, roles } from '../roles.ts'

/** Who is killed, and when. */
export interface Mishap {
  readonly role: Role
  /** How much of the orders has been read by then, 0 to 1. */
  readonly at: number
}

/** The same seed, the same mishap. Not at the very start nor at the end: in the thick of it. */
export function planMishap(seed: number, role?: Role): Mishap {
  const random = seededRandom(seed)
  const chosen = roles[Math.floor(random() * roles.length)] as Role
  return { role: role ?? chosen, at: 0.25 + random() / 2 }
}
