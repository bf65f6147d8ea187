import type { GroupSpec, Topology } from '@eventspine/core/transport'
import { describe, expect, it } from 'vitest'
import { opened } from '../test/stage.ts'

const group = (over: Partial<GroupSpec> = {}): GroupSpec => ({
  name: 'billing',
  topics: ['orders'],
  ordered: true,
  startAt: 'available',
  ...over,
})
const wanted = (over: Partial<Topology>): Topology => ({ topics: [], groups: [], ...over })

describe('topology', () => {
  it('is created once and found afterwards', async () => {
    const { topology } = await opened()
    const spec = wanted({ topics: [{ name: 'new', ordered: true }], groups: [group({ topics: ['new'] })] })
    expect(await topology.ensure(spec)).toEqual({
      created: ['topic new', 'group billing'],
      existing: [],
      mismatches: [],
    })
    expect(await topology.ensure(spec)).toEqual({
      created: [],
      existing: ['topic new', 'group billing'],
      mismatches: [],
    })
  })

  it('is only looked at by verify', async () => {
    const { topology } = await opened()
    const spec = wanted({ topics: [{ name: 'new', ordered: true }], groups: [group({ topics: ['new'] })] })
    for (let twice = 0; twice < 2; twice++) {
      expect((await topology.verify(spec)).mismatches).toEqual([
        { resource: 'topic new', property: 'exists', wanted: 'true', found: 'false', fatal: true },
        { resource: 'group billing', property: 'topic new', wanted: 'exists', found: 'missing', fatal: true },
      ])
    }
  })

  it('keeps the number of partitions that it has, and says so', async () => {
    const { topology } = await opened()
    const report = await topology.ensure(wanted({ topics: [{ name: 'orders', ordered: true, partitions: 9 }] }))
    expect(report.mismatches).toEqual([
      { resource: 'topic orders', property: 'partitions', wanted: '9', found: '4', fatal: false },
    ])
  })

  it('can not change whether a topic or a group keeps order', async () => {
    const { topology } = await opened()
    await topology.ensure(wanted({ groups: [group({ ordered: false })] }))
    const report = await topology.ensure(wanted({ topics: [{ name: 'orders', ordered: false }], groups: [group()] }))
    expect(report.mismatches).toMatchObject([
      { resource: 'topic orders', property: 'ordered', wanted: 'false', found: 'true', fatal: true },
      { resource: 'group billing', property: 'ordered', wanted: 'true', found: 'false', fatal: true },
    ])
  })

  it('gives no ordered group to an unordered topic', async () => {
    const { topology } = await opened()
    const report = await topology.ensure(wanted({ groups: [group({ topics: ['clicks'] })] }))
    expect(report).toMatchObject({
      created: [],
      mismatches: [{ resource: 'group billing', property: 'topic clicks', found: 'unordered', fatal: true }],
    })
  })

  it('adds a topic to a group and takes none away', async () => {
    const { topology } = await opened()
    await topology.ensure(wanted({ topics: [{ name: 'refunds', ordered: true }], groups: [group()] }))
    expect((await topology.verify(wanted({ groups: [group({ topics: ['refunds'] })] }))).mismatches).toMatchObject([
      { property: 'topics', wanted: 'refunds', found: 'orders', fatal: true },
    ])
    const report = await topology.ensure(wanted({ groups: [group({ topics: ['refunds'] })] }))
    expect(report.mismatches).toMatchObject([
      { property: 'topics', wanted: 'refunds', found: 'orders,refunds', fatal: false },
    ])
  })

  it('refuses names that not every broker takes', async () => {
    const { topology } = await opened()
    const spec = wanted({ topics: [{ name: 'a..b', ordered: true }] })
    await expect(topology.ensure(spec)).rejects.toMatchObject({ code: 'invalid-name' })
    await expect(topology.verify(spec)).rejects.toMatchObject({ code: 'invalid-name' })
  })

  it('is planned in a line for each thing', async () => {
    const { topology } = await opened()
    expect(topology.plan(wanted({ topics: [{ name: 'new', ordered: true }], groups: [group()] }))).toEqual({
      steps: [
        { resource: 'topic new', detail: 'ordered, 8 partitions' },
        { resource: 'group billing', detail: 'ordered, reads orders from available' },
      ],
    })
  })
})
