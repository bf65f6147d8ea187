import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isThenable } from '../maybe-promise.ts'
import type { AnyEventDefinition } from './definition.ts'
import { InvalidDataError } from './errors.ts'

type Result = StandardSchemaV1.Result<unknown>

/** What the schema answers: at once, or a promise where it answers with one. Throws `invalid-data` when the schema throws. */
export function validateData(definition: AnyEventDefinition, data: unknown): Result | Promise<Result> {
  let result: Result | PromiseLike<Result>
  try {
    result = definition.schema['~standard'].validate(data)
  } catch (cause) {
    throw schemaThrew(definition, cause)
  }
  return isThenable(result) ? awaited(definition, result) : result
}

async function awaited(definition: AnyEventDefinition, result: PromiseLike<Result>): Promise<Result> {
  try {
    return await result
  } catch (cause) {
    throw schemaThrew(definition, cause)
  }
}

function schemaThrew(definition: AnyEventDefinition, cause: unknown): InvalidDataError {
  return new InvalidDataError(`the schema of ${definition.type} threw`, { cause })
}

/** The schema's output; throws `invalid-data` with the paths of the issues. Success is that there are no issues. */
export function outputOf(definition: AnyEventDefinition, result: Result): unknown {
  if (result.issues) throw new InvalidDataError(`data of ${definition.type} is invalid`, { issues: result.issues })
  return result.value
}
