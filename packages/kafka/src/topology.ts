import {
  checkName,
  type GroupSpec,
  type Mismatch,
  type Plan,
  type Report,
  type TopicSpec,
  type Topology,
} from '@eventspine/core/transport'
import type { Catalog } from './catalog.ts'
import { deadTopic, delayTopics, retryPrefix } from './delays.ts'
import type { Place } from './driver/driver.ts'
import type { Positions } from './positions.ts'
import type { Registry } from './registry.ts'
import type { TopicMaker } from './topic-maker.ts'

export interface TopologyHost {
  readonly catalog: Catalog
  readonly registry: Registry
  readonly maker: TopicMaker
  readonly positions: Positions
  /** Partitions of a topic whose spec doesn't say. */
  readonly partitions: number
}

export async function ensureTopology(host: TopologyHost, topology: Topology): Promise<Report> {
  checkNames(topology)
  const before = await look(host, topology)
  const made = new Set(await makeTopics(host, topology))
  // Ours to register: what we created, and what nobody has registered yet. What others said wins.
  const unregistered = topology.topics.filter(({ name }) => made.has(name) || !before.ordered.has(name))
  await host.registry.write(unregistered)
  const groups = topology.groups.filter(
    (group) => before.groups.get(group.name) !== true && canExist(host, group, topology),
  )
  await Promise.all(groups.map((group) => host.positions.ensure(group)))
  const after = await look(host, topology)
  const created = [...after.existing].filter((resource) => !before.existing.has(resource))
  const existing = [...before.existing].filter((resource) => after.existing.has(resource))
  return { created, existing, mismatches: mismatchesOf(topology, after) }
}

export async function verifyTopology(host: TopologyHost, topology: Topology): Promise<Report> {
  checkNames(topology)
  const found = await look(host, topology)
  return { created: [], existing: [...found.existing], mismatches: mismatchesOf(topology, found) }
}

export function planTopology(topology: Topology, partitions: number): Plan {
  const topics = topology.topics.map((topic) => ({
    resource: topicResource(topic),
    detail: `${topic.ordered ? 'ordered' : 'unordered'}, ${topic.partitions ?? partitions} partitions`,
  }))
  const groups = topology.groups.flatMap((group) => [
    {
      resource: groupResource(group),
      detail: `${group.ordered ? 'ordered' : 'unordered'}, reads ${group.topics.join(', ')} from ${group.startAt}`,
    },
    { resource: `topic ${deadTopic(group.name)}`, detail: 'dead letters, kept until removed' },
    ...retriesOf(group).map((name) => ({ resource: `topic ${name}`, detail: 'retries that wait' })),
  ])
  return { steps: [...topics, ...groups] }
}

const retriesOf = ({ name, ordered }: GroupSpec): readonly string[] =>
  delayTopics(retryPrefix(name)).slice(0, ordered ? 1 : undefined)

async function makeTopics({ maker }: TopologyHost, topology: Topology): Promise<readonly string[]> {
  const topics = topology.topics.map(({ name, partitions }) => maker.forUser(name, partitions))
  const own = topology.groups.flatMap(({ name, ordered }) => maker.ofGroup(name, ordered))
  return maker.make([...topics, ...own, ...maker.ofLater()])
}

/** What the broker has of it. */
interface Found {
  readonly existing: ReadonlySet<string>
  readonly partitions: ReadonlyMap<string, number>
  readonly ordered: ReadonlyMap<string, boolean>
  readonly groups: ReadonlyMap<string, boolean>
}

async function look({ catalog, registry, positions }: TopologyHost, topology: Topology): Promise<Found> {
  const names = [
    ...topology.topics.map(({ name }) => name),
    ...topology.groups.flatMap((group) => [...group.topics, deadTopic(group.name), ...retriesOf(group)]),
  ]
  const topics = await catalog.refresh([...new Set(names)])
  const ordered = new Map([...(await registry.read())].filter(([name]) => topics.has(name)))
  const groups = new Map(
    await Promise.all(
      topology.groups.map(
        async (group) => [group.name, await positions.exist(group, placesOf(group, topics))] as const,
      ),
    ),
  )
  const existing = new Set([...topics.keys()].map((name) => topicResource({ name })))
  for (const [name, exists] of groups) if (exists) existing.add(groupResource({ name }))
  return { existing, partitions: new Map([...topics].map(([name, all]) => [name, all.length])), ordered, groups }
}

const placesOf = ({ topics }: GroupSpec, known: ReadonlyMap<string, readonly unknown[]>): Place[] =>
  topics.flatMap((topic) => (known.get(topic) ?? []).map((_, partition) => ({ topic, partition })))

function canExist({ catalog }: TopologyHost, group: GroupSpec, topology: Topology): boolean {
  const unordered = new Set(topology.topics.filter(({ ordered }) => !ordered).map(({ name }) => name))
  return group.topics.every((topic) => catalog.known(topic) !== undefined && !(group.ordered && unordered.has(topic)))
}

function mismatchesOf({ topics, groups }: Topology, found: Found): Mismatch[] {
  return [
    ...topics.flatMap((topic) => topicMismatches(topic, found)),
    ...groups.flatMap((group) => groupMismatches(group, found)),
  ]
}

function topicMismatches(spec: TopicSpec, { partitions, ordered }: Found): Mismatch[] {
  const resource = topicResource(spec)
  const count = partitions.get(spec.name)
  if (count === undefined) return [missing(resource)]
  const mismatches: Mismatch[] = []
  const isOrdered = ordered.get(spec.name)
  if (isOrdered !== undefined && isOrdered !== spec.ordered) {
    mismatches.push(differs(resource, 'ordered', spec.ordered, isOrdered, true))
  }
  if (spec.partitions !== undefined && spec.partitions !== count) {
    mismatches.push(differs(resource, 'partitions', spec.partitions, count, false))
  }
  return mismatches
}

function groupMismatches(spec: GroupSpec, { partitions, ordered, groups }: Found): Mismatch[] {
  const resource = groupResource(spec)
  const mismatches = spec.topics.flatMap((name) => {
    if (!partitions.has(name)) return [differs(resource, `topic ${name}`, 'exists', 'missing', true)]
    if (!spec.ordered || ordered.get(name) !== false) return []
    return [differs(resource, `topic ${name}`, 'ordered', 'unordered', true)]
  })
  return groups.get(spec.name) === true || mismatches.length > 0 ? mismatches : [missing(resource)]
}

function checkNames({ topics, groups }: Topology): void {
  const faults = [
    ...topics.map(({ name }) => checkName('topic', name)),
    ...groups.map(({ name }) => checkName('group', name)),
  ]
  const fault = faults.find((each) => each !== undefined)
  if (fault !== undefined) throw fault
}

const topicResource = ({ name }: { readonly name: string }): string => `topic ${name}`
const groupResource = ({ name }: { readonly name: string }): string => `group ${name}`

const missing = (resource: string): Mismatch => differs(resource, 'exists', true, false, true)

function differs(resource: string, property: string, wanted: unknown, found: unknown, fatal: boolean): Mismatch {
  return { resource, property, wanted: String(wanted), found: String(found), fatal }
}
