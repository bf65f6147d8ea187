import type { Recipe } from '../recipe.ts'
import { kafka } from './kafka.ts'

export const recipes = { kafka } satisfies Record<string, Recipe>
