import type { Transport } from '@eventspine/core/transport'
import { type KafkaTransportOptions, kafkaTransport } from '@eventspine/kafka'

/** What `spawnMember` loads in the child. */
export const createTransport = (options: unknown): Transport => kafkaTransport(options as KafkaTransportOptions)
