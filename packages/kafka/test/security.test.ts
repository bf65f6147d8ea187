import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { startKafka } from '@eventspine/brokers'
import { type KafkaTransportOptions, kafkaTransport } from '@eventspine/kafka'
import { afterAll, describe, expect, it } from 'vitest'
import { notAllowed } from '../src/driver/driver.ts'
import { kafkajsDriver } from '../src/driver/kafkajs-driver.ts'
import { toSettings } from '../src/options.ts'
import { KafkaAdmin } from './kafka-admin.ts'

const fixture = (name: string): Promise<string> => readFile(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const [ca, key] = [await fixture('certificate.pem'), await fixture('key.pem')]
const line = (pem: string): string => pem.trim().replaceAll('\n', '\\n')

const server = await startKafka({
  own: true,
  config: {
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl.plain.sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="hunter2";',
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.certificate.chain': line(ca),
    'listener.name.tls.ssl.keystore.key': line(key),
  },
})
// Listeners that only the started server can be given: its other ports are chosen by then.
const [saslPort, tlsPort] = [await freePort(), await freePort()]
await new KafkaAdmin(new URL(server.url).host).addListeners([
  `SASL://127.0.0.1:${saslPort}`,
  `TLS://127.0.0.1:${tlsPort}`,
])
await delay(500)
afterAll(() => server.stop(), 60_000)

/** Up to the first answer: what a listener added late doesn't do is tell clients of its brokers. */
async function reach(options: KafkaTransportOptions): Promise<void> {
  const settings = toSettings(options)
  const cluster = kafkajsDriver(settings.seeds, settings).open()
  try {
    await cluster.connect()
  } finally {
    cluster.close()
  }
}

describe('credentials', () => {
  const brokers = [`127.0.0.1:${saslPort}`]
  const sasl = { mechanism: 'plain', username: 'shop', password: 'hunter2' } as const

  it('open the broker', async () => {
    await reach({ brokers, sasl })
  })

  it('that are wrong are refused for good, and repeated nowhere', async () => {
    const transport = kafkaTransport({ brokers, sasl: { ...sasl, password: 'hunter3' } })
    const error = await transport.connect().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'connection-refused', retryable: false })
    expect(inspect([error, transport], { depth: 20, showHidden: true })).not.toContain('hunter3')
  })

  it('of a kind that the broker does not take are refused for good', async () => {
    await expect(reach({ brokers, sasl: { ...sasl, mechanism: 'scram-sha-512' } })).rejects.toMatchObject({
      type: notAllowed,
    })
  })

  it('that are missing open nothing', async () => {
    await expect(reach({ brokers, requestTimeoutMs: 2_000 })).rejects.toThrow()
  })
})

describe('TLS', () => {
  const brokers = [`localhost:${tlsPort}`]

  it('opens the broker whose certificate is trusted', async () => {
    await reach({ brokers, tls: { ca } })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    await expect(reach({ brokers, tls: true })).rejects.toMatchObject({ type: notAllowed })
  })
})

it('nobody listening is an error that may pass', async () => {
  const transport = kafkaTransport({ brokers: ['127.0.0.1:1'], connectTimeoutMs: 1_000 })
  await expect(transport.connect()).rejects.toMatchObject({ code: 'connection-failed', retryable: true })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as { port: number }
      listener.close(() => resolve(port))
    })
  })
}
