import { readFileSync } from 'node:fs'
import { z } from 'zod'

const productSchema = z.object({
  sku: z.string().min(1).max(64),
  name: z.string(),
  /** In cents. */
  price: z.int().min(0).max(100_000_000),
  stock: z.int().min(0).max(1_000_000_000),
})

export type Product = z.infer<typeof productSchema>

const productsSchema = z
  .array(productSchema)
  .refine((products) => new Set(products.map(({ sku }) => sku)).size === products.length, 'a SKU is there twice')

/** Throws when the file isn't there, and a `ProductsError` when it isn't a list of products. */
export function readProducts(file: string): Product[] {
  const text = readFileSync(file, 'utf8')
  try {
    return productsSchema.parse(JSON.parse(text))
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined
    const reason = issue === undefined ? 'it is not JSON' : [...issue.path, issue.message].join(' ')
    throw new ProductsError(`The list of products can't be read: ${reason}.`, { cause })
  }
}

export class ProductsError extends Error {
  override readonly name = 'ProductsError'
}
