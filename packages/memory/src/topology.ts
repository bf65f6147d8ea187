import {
  checkName,
  type GroupSpec,
  type Mismatch,
  type Plan,
  type Report,
  type TopicSpec,
  type Topology,
} from '@eventspine/core/transport'
import type { Broker } from './broker/broker.ts'

/** Creates what is missing; what it could not make or may not change is in the report. */
export function ensureTopology(broker: Broker, topology: Topology): Report {
  checkNames(topology)
  const before = inventory(broker, topology)
  for (const { name, ordered, partitions } of topology.topics) {
    if (!broker.topics.has(name)) broker.addTopic(name, { ordered, partitions: partitions ?? broker.partitions })
  }
  for (const group of topology.groups) if (faultsOf(broker, group).length === 0) broker.groupFor(group)
  const created = inventory(broker, topology).existing.filter((resource) => before.missing.includes(resource))
  return { created, existing: before.existing, mismatches: mismatchesOf(broker, topology) }
}

export function verifyTopology(broker: Broker, topology: Topology): Report {
  checkNames(topology)
  return { created: [], existing: inventory(broker, topology).existing, mismatches: mismatchesOf(broker, topology) }
}

export function planTopology(broker: Broker, topology: Topology): Plan {
  const topics = topology.topics.map((topic) => ({
    resource: topicResource(topic),
    detail: topic.ordered ? `ordered, ${topic.partitions ?? broker.partitions} partitions` : 'unordered, one partition',
  }))
  const groups = topology.groups.map((group) => ({
    resource: groupResource(group),
    detail: `${group.ordered ? 'ordered' : 'unordered'}, reads ${group.topics.join(', ')} from ${group.startAt}`,
  }))
  return { steps: [...topics, ...groups] }
}

const topicResource = ({ name }: { readonly name: string }): string => `topic ${name}`
const groupResource = ({ name }: { readonly name: string }): string => `group ${name}`

function checkNames({ topics, groups }: Topology): void {
  const faults = [
    ...topics.map(({ name }) => checkName('topic', name)),
    ...groups.map(({ name }) => checkName('group', name)),
  ]
  const fault = faults.find((each) => each !== undefined)
  if (fault !== undefined) throw fault
}

function inventory(broker: Broker, { topics, groups }: Topology): { existing: string[]; missing: string[] } {
  const existing: string[] = []
  const missing: string[] = []
  for (const topic of topics) (broker.topics.has(topic.name) ? existing : missing).push(topicResource(topic))
  for (const group of groups) (broker.groups.has(group.name) ? existing : missing).push(groupResource(group))
  return { existing, missing }
}

function mismatchesOf(broker: Broker, { topics, groups }: Topology): Mismatch[] {
  return [
    ...topics.flatMap((topic) => topicMismatches(broker, topic)),
    ...groups.flatMap((group) => groupMismatches(broker, group)),
  ]
}

function topicMismatches(broker: Broker, spec: TopicSpec): Mismatch[] {
  const resource = topicResource(spec)
  const topic = broker.topics.get(spec.name)
  if (topic === undefined) return [missing(resource)]
  const found: Mismatch[] = []
  if (topic.ordered !== spec.ordered) found.push(differs(resource, 'ordered', spec.ordered, topic.ordered, true))
  const partitions = topic.logs.length
  if (topic.ordered && spec.partitions !== undefined && spec.partitions !== partitions) {
    found.push(differs(resource, 'partitions', spec.partitions, partitions, false))
  }
  return found
}

function groupMismatches(broker: Broker, spec: GroupSpec): Mismatch[] {
  const resource = groupResource(spec)
  const faults = faultsOf(broker, spec)
  const group = broker.groups.get(spec.name)
  if (group === undefined) return faults.length > 0 ? faults : [missing(resource)]
  const read = [...group.topics]
  const lacking = spec.topics.some((topic) => !group.reads(topic))
  if (lacking) return [...faults, differs(resource, 'topics', spec.topics, read, true)]
  return read.length > spec.topics.length ? [...faults, differs(resource, 'topics', spec.topics, read, false)] : faults
}

/** What forbids to make the group, or to go on with it. */
function faultsOf(broker: Broker, spec: GroupSpec): Mismatch[] {
  const resource = groupResource(spec)
  const faults: Mismatch[] = []
  const group = broker.groups.get(spec.name)
  if (group !== undefined && group.ordered !== spec.ordered) {
    faults.push(differs(resource, 'ordered', spec.ordered, group.ordered, true))
  }
  for (const name of spec.topics) {
    const topic = broker.topics.get(name)
    if (topic === undefined) faults.push(differs(resource, `topic ${name}`, 'exists', 'missing', true))
    else if (spec.ordered && !topic.ordered)
      faults.push(differs(resource, `topic ${name}`, 'ordered', 'unordered', true))
  }
  return faults
}

const missing = (resource: string): Mismatch => differs(resource, 'exists', true, false, true)

function differs(resource: string, property: string, wanted: unknown, found: unknown, fatal: boolean): Mismatch {
  return { resource, property, wanted: String(wanted), found: String(found), fatal }
}
