import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { InvalidOptionsError } from './errors.ts'
import { optionsFromUrl, toSettings } from './options.ts'
import { kafkaTransport, transportFromUrl } from './transport.ts'

describe('a Kafka URL', () => {
  it('names brokers, TLS, credentials and numbers', () => {
    const url = 'kafka://user%40shop:p%3Ass@h1:9093,h2?ssl=true&sasl=scram-sha-512&clientId=shop&partitions=12'
    expect(optionsFromUrl(url)).toEqual({
      brokers: ['h1:9093', 'h2'],
      tls: true,
      clientId: 'shop',
      sasl: { mechanism: 'scram-sha-512', username: 'user@shop', password: 'p:ss' },
      partitions: 12,
    })
    expect(toSettings(optionsFromUrl(url)).seeds).toEqual([
      { host: 'h1', port: 9093 },
      { host: 'h2', port: 9092 },
    ])
  })

  it.each([
    'kafka:',
    'kafka://',
    'kafka://h:99999',
    'kafka://h:1?partitions=none',
    'kafka://h?speed=9',
    'kafka://h?tls=perhaps',
    'kafka://u:%zz@h',
    'kafka://u:hunter2@h?sasl=ntlm',
    'kafka://h:1,',
  ])('is refused when it makes no sense: %s', (url) => {
    expect(() => transportFromUrl(url)).toThrow(InvalidOptionsError)
  })

  it('is repeated by no error, nor by the transport', () => {
    try {
      transportFromUrl('kafka://u:hunter2@h:x')
    } catch (error) {
      expect(inspect(error)).not.toContain('hunter2')
    }
    expect(inspect(transportFromUrl('kafka://u:hunter2@h:1'), { depth: 10, showHidden: true })).not.toContain('hunter2')
  })
})

describe('options', () => {
  it('need a broker and whole numbers', () => {
    expect(() => kafkaTransport({ brokers: [] })).toThrow(InvalidOptionsError)
    expect(() => kafkaTransport({ brokers: ['h'], partitions: 0 })).toThrow(InvalidOptionsError)
    expect(() => kafkaTransport({ brokers: ['h'], requestTimeoutMs: 1.5 })).toThrow(InvalidOptionsError)
  })

  it('say where advertised addresses are reached', () => {
    const { route } = toSettings({ brokers: ['a:1'], addresses: { 'kafka-1:9092': '127.0.0.1:19092' } })
    expect(route({ host: 'kafka-1', port: 9092 })).toEqual({ host: '127.0.0.1', port: 19_092 })
    expect(route({ host: 'kafka-2', port: 9092 })).toEqual({ host: 'kafka-2', port: 9092 })
  })

  it('take IPv6 addresses', () => {
    expect(toSettings({ brokers: ['[::1]:9093'] }).seeds).toEqual([{ host: '::1', port: 9_093 }])
  })
})
