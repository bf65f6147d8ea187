import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isText } from './attributes.ts'
import type { EventDefinition, EventOptions, Upcasters } from './definition.ts'
import { InvalidDefinitionError } from './errors.ts'
import { shown } from './shown.ts'
import { isStandardSchema } from './standard-schema.ts'

const longestType = 255
/** What every broker takes as a name, or maps one to one: no empty part between dots. */
const topicForm = /^(?!.*\.(?:\.|$))[a-z\d][\w.-]{0,199}$/i

/**
 * Declares an event: what it is called, what its data looks like, and what keeps its order. `publish` takes the schema's
 * input, a handler gets its output. Throws `invalid-definition`.
 */
export function defineEvent<const Type extends string, Schema extends StandardSchemaV1>(
  type: Type,
  options: EventOptions<Schema>,
): EventDefinition<Type, StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>> {
  const { schema, key, topic = type, version = 1, upcast } = options
  checkType(type)
  if (!isStandardSchema(schema)) throw invalid(type, 'schema must be a Standard Schema')
  if (key !== undefined && typeof key !== 'function') throw invalid(type, 'key must be a function')
  if (typeof topic !== 'string' || !topicForm.test(topic)) {
    throw invalid(type, 'topic must be 1 to 200 of A-Z a-z 0-9 . _ - from a letter or digit on, with no empty part')
  }
  if (!Number.isInteger(version) || version < 1 || version > 2 ** 31 - 1) {
    throw invalid(type, 'version must be a positive 32-bit integer')
  }
  if (upcast !== undefined) checkUpcasters(type, upcast, version)
  return Object.freeze({
    type,
    schema: schema as EventDefinition<
      Type,
      StandardSchemaV1.InferInput<Schema>,
      StandardSchemaV1.InferOutput<Schema>
    >['schema'],
    topic,
    version,
    upcast,
    keyed: key !== undefined,
    keyOf: key ?? noKey,
  })
}

function noKey(): undefined {
  return undefined
}

function checkType(type: unknown): void {
  if (typeof type !== 'string' || type === '' || type.length > longestType || !isText(type)) {
    throw new InvalidDefinitionError(`the type of an event must be text of 1 to ${longestType} characters`)
  }
}

/** One for each version from the oldest that is still read up to the one before the current. */
function checkUpcasters(type: string, upcast: Upcasters, version: number): void {
  const count = Object.keys(upcast).length
  for (let step = version - Math.max(1, count); step < version; step++) {
    if (step < 1 || !Object.hasOwn(upcast, step) || typeof upcast[step] !== 'function') {
      throw invalid(type, 'upcast must have a function for each version from the oldest up to the one before')
    }
  }
}

function invalid(type: string, rule: string): InvalidDefinitionError {
  return new InvalidDefinitionError(`event ${shown(type)}: ${rule}`)
}
