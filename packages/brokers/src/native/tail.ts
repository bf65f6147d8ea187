import { open } from 'node:fs/promises'

/** The end of a file, at most so many bytes and from the start of a line; empty when there is no file. */
export async function tail(file: string, bytes: number): Promise<string> {
  try {
    await using handle = await open(file)
    const { size } = await handle.stat()
    const length = Math.min(size, bytes)
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8')
    return length < size ? text.slice(text.indexOf('\n') + 1) : text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
