import type { Recipe } from '../recipe.ts'
import type { ServerName } from '../server.ts'
import { kafka } from './kafka.ts'
import { postgres } from './postgres.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { sqs } from './sqs.ts'

export const recipes: Readonly<Record<ServerName, Recipe>> = { kafka, rabbitmq, redis, postgres, sqs }
