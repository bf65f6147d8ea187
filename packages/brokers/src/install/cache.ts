import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What is downloaded once per user and kept between runs. Created when missing. */
export async function cacheFolder(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'eventspine')
  await mkdir(folder, { recursive: true })
  return folder
}
