import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A schema may be a function: ArkType's and Effect's are. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as Partial<StandardSchemaV1>)['~standard']
  return typeof standard?.validate === 'function'
}
