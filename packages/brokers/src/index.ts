export {
  ServerError,
  ServerFailedError,
  ServerMissingError,
  ServerNotOursError,
  ServerNotRunningError,
} from './errors.ts'
export { type Origin, type Server, type ServerName, type ServerOptions, serverNames } from './server.ts'
export { startKafka } from './servers/kafka.ts'
