import { sqs as recipe, startSqs } from '../src/servers/sqs.ts'
import { testServer } from './contract.ts'

const name = 'notes.fifo'

testServer({
  recipe,
  start: startSqs,
  write: async (url, value) => {
    const QueueUrl = await queueAt(url)
    const MessageDeduplicationId = crypto.randomUUID()
    await call(url, 'SendMessage', { QueueUrl, MessageBody: value, MessageGroupId: value, MessageDeduplicationId })
  },
  read: async (url) => {
    const QueueUrl = await queueAt(url)
    const receive = { QueueUrl, MaxNumberOfMessages: 10, AttributeNames: ['All'] }
    const { Messages = [] } = await call<Received>(url, 'ReceiveMessage', receive)
    for (const { ReceiptHandle } of Messages) {
      await call(url, 'ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
    }
    return Messages.map(({ Body }) => Body)
  },
})

interface Received {
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[]
}

async function queueAt(url: string): Promise<string> {
  const attributes = { FifoQueue: 'true' }
  const { QueueUrl } = await call<{ QueueUrl: string }>(url, 'CreateQueue', { QueueName: name, Attributes: attributes })
  return QueueUrl
}

async function call<T>(url: string, action: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as T
  if (!response.ok) throw new Error(`${action}: ${JSON.stringify(answer)}`)
  return answer
}
