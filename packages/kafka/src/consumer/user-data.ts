import type { Place } from '../driver/driver.ts'

/** What our members tell each other beside their topics. */
export interface UserData {
  readonly owned: readonly Place[]
  readonly generation: number
}

export function encodeUserData({ owned, generation }: UserData): Buffer {
  const topics = Map.groupBy(owned, ({ topic }) => topic)
  const o = Object.fromEntries([...topics].map(([topic, places]) => [topic, places.map(({ partition }) => partition)]))
  return Buffer.from(JSON.stringify({ g: generation, o }))
}

/** Of a member that speaks otherwise: it claims nothing. */
export function decodeUserData(data: Buffer): UserData {
  try {
    const { g, o } = JSON.parse(data.toString('utf8')) as { g: unknown; o: unknown }
    const owned = Object.entries(o as Record<string, unknown>).flatMap(([topic, partitions]) =>
      (partitions as unknown[]).flatMap((partition) => (typeof partition === 'number' ? [{ topic, partition }] : [])),
    )
    return { owned, generation: typeof g === 'number' ? g : -1 }
  } catch {
    return { owned: [], generation: -1 }
  }
}
