export { SchemaTooNewError } from './errors.ts'
export type { SqliteOutboxOptions } from './options.ts'
export type { SqliteStatement, SqliteTransaction } from './outbox-append.ts'
export { sqliteOutbox } from './outbox-store.ts'
