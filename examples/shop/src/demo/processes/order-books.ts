import { DatabaseSync } from 'node:sqlite'

/** What the order service has written down, seen from outside: it outlives the process. */
export class OrderBooks {
  readonly #db: DatabaseSync

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  }

  countPlaced(): number {
    return this.#count('select count(*) as n from orders')
  }

  countPending(): number {
    return this.#count(`select count(*) as n from orders where status = 'pending'`)
  }

  close(): void {
    this.#db.close()
  }

  #count(sql: string): number {
    return this.#db.prepare(sql).get()?.n as number
  }
}
