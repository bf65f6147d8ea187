import type { AnyEventDefinition } from './definition.ts'
import { UnsupportedVersionError, UpcastFailedError } from './errors.ts'

/** `data` of `version` as data of the definition's version. Throws `unsupported-version` and `upcast-failed`. */
export function upcast(definition: AnyEventDefinition, version: number, data: unknown): unknown {
  if (version > definition.version) {
    throw unsupported(definition, version)
  }
  let current = data
  for (let step = version; step < definition.version; step++) {
    const upcaster = definition.upcast?.[step]
    if (upcaster === undefined) throw unsupported(definition, version)
    try {
      current = upcaster(current)
    } catch (cause) {
      throw new UpcastFailedError(`the upcaster of ${definition.type} from version ${step} threw`, { cause })
    }
  }
  return current
}

function unsupported(definition: AnyEventDefinition, version: number): UnsupportedVersionError {
  return new UnsupportedVersionError(
    `${definition.type} of version ${version} can't become version ${definition.version}`,
  )
}
