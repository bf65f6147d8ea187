import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Every service has a database of its own, and so has the payment provider. */
export interface ShopFiles {
  readonly order: string
  readonly payment: string
  readonly inventory: string
  readonly journal: string
  readonly gateway: string
  /** Where they lie. */
  readonly folder: string
}

export function shopFilesIn(folder: string): ShopFiles {
  const file = (name: string): string => join(folder, `${name}.sqlite`)
  return {
    order: file('order'),
    payment: file('payment'),
    inventory: file('inventory'),
    journal: file('journal'),
    gateway: file('gateway'),
    folder,
  }
}

/** In a new folder under `parent`. */
export function createShopFiles(parent: string): ShopFiles & { remove(): void } {
  const folder = mkdtempSync(join(parent, 'eventspine-shop-'))
  return { ...shopFilesIn(folder), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

const sharedMemory = '/dev/shm'

/**
 * Every commit waits for the disk, as it should where the data is to last, and some disks take milliseconds. These files are
 * thrown away: where the system has a file system in memory, with room enough, nothing has to be waited for.
 */
export function quickestFolder(bytes: number): string {
  try {
    const { bavail, bsize } = statfsSync(sharedMemory)
    return bavail * bsize > bytes ? sharedMemory : tmpdir()
  } catch {
    return tmpdir()
  }
}
