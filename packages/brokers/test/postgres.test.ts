import { Client } from 'pg'
import { postgres as recipe, startPostgres } from '../src/servers/postgres.ts'
import { testServer } from './contract.ts'

testServer({
  recipe,
  start: startPostgres,
  write: (url, value) =>
    withClient(url, async (client) => {
      await client.query('create table if not exists notes (id serial, value text)')
      await client.query('insert into notes (value) values ($1)', [value])
    }),
  read: (url) =>
    withClient(url, async (client) => {
      const { rows } = await client.query<{ value: string }>('select value from notes order by id')
      return rows.map(({ value }) => value)
    }),
  broken: { config: { wal_level: 'perhaps' }, says: /invalid value for parameter "wal_level": "perhaps"/ },
})

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
