import { Redis } from 'ioredis'
import { redis as recipe, startRedis } from '../src/servers/redis.ts'
import { testServer } from './contract.ts'

testServer({
  recipe,
  start: startRedis,
  write: (url, value) => withClient(url, async (client) => void (await client.rpush('notes', value))),
  read: (url) => withClient(url, (client) => client.lrange('notes', 0, -1)),
  broken: { config: { appendfsync: 'perhaps' }, says: /appendfsync "perhaps"/ },
})

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url)
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}
