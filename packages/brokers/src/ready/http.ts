/** Any 200 to a GET of this path. */
export function httpReady(path: string) {
  return async (port: number, signal: AbortSignal): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`GET ${path} was answered with ${response.status}`)
  }
}
