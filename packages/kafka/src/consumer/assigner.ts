import type { Place } from '../driver/driver.ts'

/** What a member says of itself when it joins. */
export interface Applicant {
  readonly memberId: string
  /** That it reads; empty when it only finishes what it holds. */
  readonly topics: readonly string[]
  /** Partitions that it has not given up. */
  readonly owned: readonly Place[]
  /** In which generation it got them: a newer claim beats an older one. */
  readonly generation: number
}

export interface AssignOptions {
  /** Partitions of each topic; topics that are unknown are nobody's. */
  readonly partitions: ReadonlyMap<string, number>
  /** Topics of the group itself: any member that reads all of the group's topics may read them, listed or not. */
  readonly isOwn: (topic: string) => boolean
}

interface Seat {
  readonly member: Applicant
  readonly places: Set<string>
  readonly perTopic: Map<string, number>
}

/**
 * Who reads what: each member only what it asked for (kafkajs asks the leader alone), as even as that allows, per topic and
 * in all, and mostly what they had. A partition that has to move is first given to nobody: its owner finishes what it holds,
 * joins again without it, and the next round gives it away. So a rebalance stops nobody else.
 */
export function assign(
  members: readonly Applicant[],
  { partitions, isOwn }: AssignOptions,
): ReadonlyMap<string, readonly Place[]> {
  const owners = ownersOf(members)
  const seats = members.map((member) => ({ member, places: new Set<string>(), perTopic: new Map<string, number>() }))
  const topics = [...new Set(members.flatMap(({ topics: own }) => own))].sort()
  const eligible = new Map<string, readonly Seat[]>()
  const all = topics.flatMap((topic) => {
    eligible.set(topic, isOwn(topic) ? readersOfAll(seats, isOwn) : seats.filter((seat) => reads(seat, topic)))
    return Array.from({ length: partitions.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }))
  })
  // The group's own topics come last, so that they fill up what the others leave uneven and never unbalance them.
  for (const own of [false, true]) {
    const places = all.filter(({ topic }) => isOwn(topic) === own)
    seat(places, eligible, owners)
    level(places, eligible)
  }
  return new Map(
    seats.map(({ member, places }) => [
      member.memberId,
      all.filter(
        (place) => places.has(keyOf(place)) && (owners.get(keyOf(place)) ?? member.memberId) === member.memberId,
      ),
    ]),
  )
}

export const keyOf = ({ topic, partition }: Place): string => `${topic}/${partition}`

const reads = ({ member }: Seat, topic: string): boolean => member.topics.includes(topic)

function ownersOf(members: readonly Applicant[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const { memberId, owned } of [...members].sort((a, b) => a.generation - b.generation)) {
    for (const place of owned) owners.set(keyOf(place), memberId)
  }
  return owners
}

function readersOfAll(seats: readonly Seat[], isOwn: (topic: string) => boolean): readonly Seat[] {
  const breadth = (seat: Seat): number => seat.member.topics.filter((topic) => !isOwn(topic)).length
  const widest = Math.max(...seats.map(breadth))
  return seats.filter((seat) => seat.member.topics.length > 0 && breadth(seat) === widest)
}

/** Everybody keeps what is within its share; what is left goes to whoever has least. */
function seat(
  places: readonly Place[],
  eligible: ReadonlyMap<string, readonly Seat[]>,
  owners: ReadonlyMap<string, string>,
): void {
  const left: Place[] = []
  const counts = Map.groupBy(places, ({ topic }) => topic)
  for (const place of places) {
    const candidates = eligible.get(place.topic) ?? []
    const owner = candidates.find(({ member }) => member.memberId === owners.get(keyOf(place)))
    const share = Math.ceil((counts.get(place.topic)?.length ?? 0) / Math.max(1, candidates.length))
    if (owner !== undefined && inTopic(owner, place.topic) < share) put(owner, place)
    else left.push(place)
  }
  for (const place of left) {
    const least = leastOf(eligible.get(place.topic) ?? [], place.topic)
    if (least !== undefined) put(least, place)
  }
}

/** Moves single partitions until no move makes it more even. */
function level(places: readonly Place[], eligible: ReadonlyMap<string, readonly Seat[]>): void {
  for (let moves = places.length * 2; moves > 0; moves--) {
    const move = places.find((place) => betterSeat(place, eligible.get(place.topic) ?? []) !== undefined)
    if (move === undefined) return
    const candidates = eligible.get(move.topic) ?? []
    const better = betterSeat(move, candidates) as Seat
    const from = candidates.find(({ places: taken }) => taken.has(keyOf(move))) as Seat
    from.places.delete(keyOf(move))
    from.perTopic.set(move.topic, inTopic(from, move.topic) - 1)
    put(better, move)
  }
}

function betterSeat(place: Place, candidates: readonly Seat[]): Seat | undefined {
  const from = candidates.find(({ places }) => places.has(keyOf(place)))
  if (from === undefined) return undefined
  const had = inTopic(from, place.topic)
  return candidates.find((to) => {
    const gap = had - inTopic(to, place.topic)
    return gap >= 2 || (gap === 1 && from.places.size - to.places.size >= 2)
  })
}

const inTopic = ({ perTopic }: Seat, topic: string): number => perTopic.get(topic) ?? 0

function leastOf(candidates: readonly Seat[], topic: string): Seat | undefined {
  let least: Seat | undefined
  for (const each of candidates) {
    const gap = least === undefined ? -1 : inTopic(each, topic) - inTopic(least, topic)
    if (gap < 0 || (gap === 0 && least !== undefined && each.places.size < least.places.size)) least = each
  }
  return least
}

function put(to: Seat, place: Place): void {
  to.places.add(keyOf(place))
  to.perTopic.set(place.topic, inTopic(to, place.topic) + 1)
}
