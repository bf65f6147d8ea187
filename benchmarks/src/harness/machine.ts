import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os'

/** What the figures were taken on; the load of the minute before says how far to trust them. */
export function machineLine(): string {
  const model = cpus()[0]?.model.trim() || 'unknown processor'
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `node ${process.version} · ${platform()} ${arch()} · ${availableParallelism()} × ${model} · load ${load}`
}
