import type { StandardSchemaV1 } from '@standard-schema/spec'
import { shown } from './shown.ts'

const mostIssues = 5

/** `"total", "items.0.sku" and 3 more`. Record keys are part of a path, so it is escaped and cut like foreign text. */
export function issuePaths(issues: readonly StandardSchemaV1.Issue[]): string {
  const paths = issues
    .slice(0, mostIssues)
    .map((issue) => (issue.path?.length ? shown(joined(issue.path)) : 'the whole'))
  const more = issues.length - paths.length
  return more > 0 ? `${paths.join(', ')} and ${more} more` : paths.join(', ')
}

function joined(path: NonNullable<StandardSchemaV1.Issue['path']>): string {
  return path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.')
}
