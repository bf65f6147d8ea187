import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout, with no slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/** `PATH` with the workspace's own commands first, so that a script behaves alike under npm and on its own. */
export const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
