import { describe, expect, it } from 'vitest'
import { examplesIn } from './doc-examples.ts'

describe('the examples of a page', () => {
  it('are its TypeScript blocks that begin with an import', () => {
    const page = [
      'text',
      '```ts',
      "import { a } from 'a'",
      'a()',
      '```',
      '```ts',
      'a() // a fragment',
      '```',
      '```sh',
      "import { not } from 'this'",
      '```',
    ].join('\n')
    expect(examplesIn(page)).toEqual(["import { a } from 'a'\na()\n"])
  })
})
