import { rm } from 'node:fs/promises'

/** Runs in a package's folder before it builds: a file whose source is gone must not stay in the tarball. */
await rm('dist', { recursive: true, force: true })
