/** The value below which the share `q` (0 to 1) of `values` lies, by linear interpolation; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** By how much `y` rises with each `x`: the least-squares line's slope. */
export function slope(points: readonly Point[]): number {
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  let covariance = 0
  let variance = 0
  for (const { x, y } of points) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  return covariance / variance
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** How far the median of the last quarter lies above that of the first. */
export function growth(values: readonly number[]): number {
  const quarter = Math.ceil(values.length / 4)
  return median(values.slice(-quarter)) - median(values.slice(0, quarter))
}
