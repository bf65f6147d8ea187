export {
  ServerError,
  ServerFailedError,
  ServerMissingError,
  ServerNotOursError,
  ServerNotRunningError,
} from './errors.ts'
export { type Origin, type Server, type ServerName, type ServerOptions, serverNames } from './server.ts'
export { startKafka } from './servers/kafka.ts'
export { startPostgres } from './servers/postgres.ts'
export { startRabbitmq } from './servers/rabbitmq.ts'
export { startRedis } from './servers/redis.ts'
export { startSqs } from './servers/sqs.ts'
