import { announce } from './announce.ts'
import { locate } from './locate.ts'
import { withLock } from './lock.ts'
import { run } from './run.ts'

export interface Wanted {
  readonly program: string
  /** Where Debian puts it when not on `PATH`; globs. */
  readonly folders?: readonly string[]
  /** The Debian package. */
  readonly from: string
}

/** The paths of the programs, installed by apt-get where missing; rejects where that can't be. */
export async function ensurePrograms(wanted: readonly Wanted[]): Promise<string[]> {
  if ((await absent(wanted)).length > 0) {
    // Asked again inside: another process may have installed them while this one waited.
    await withLock('apt', async () => installAll(await absent(wanted)))
  }
  return Promise.all(wanted.map(find))
}

/** The path of one program that `ensurePrograms` has put there. */
export async function find({ program, folders, from }: Wanted): Promise<string> {
  const path = await locate(program, folders)
  if (path === undefined) throw new Error(`${program} is missing (Debian's package ${from})`)
  return path
}

async function absent(wanted: readonly Wanted[]): Promise<Wanted[]> {
  const paths = await Promise.all(wanted.map(({ program, folders }) => locate(program, folders)))
  return wanted.filter((_, index) => paths[index] === undefined)
}

async function installAll(wanted: readonly Wanted[]): Promise<void> {
  if (wanted.length === 0) return
  const names = wanted.map(({ program }) => program).join(', ')
  if ((await locate('apt-get')) === undefined) throw new Error(`${names} missing, and no apt-get to install from`)
  const packages = [...new Set(wanted.map(({ from }) => from))]
  announce(`installing ${packages.join(', ')} with apt-get, once`)
  const shell = ['/bin/sh', '-c', script, 'sh', ...packages]
  const [command = '', ...args] = process.getuid?.() === 0 ? shell : ['sudo', '-n', ...shell]
  await run(command, args)
}

/** Debian starts a service on installing it, unless this policy forbids: we want the program, not the service. */
const script = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
`
