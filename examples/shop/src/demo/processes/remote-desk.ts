import type { Report, Request } from '../../process/protocol.ts'
import { OrderRefusedError, type OrderRequest } from '../../services/order/place.ts'
import type { OrderDesk } from '../shop.ts'
import type { OrderBooks } from './order-books.ts'

interface Asked {
  readonly order: OrderRequest
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Where the order service listens, whichever process that is at the time. */
interface Line {
  send(request: Request): void
}

/** Asks the order service for one order at a time; one that a crash left unanswered is asked for again, if it was not taken. */
export class RemoteDesk implements OrderDesk {
  readonly #books: OrderBooks
  #line: Line
  #asked: Asked | undefined
  #taken = 0

  constructor(books: OrderBooks, line: Line) {
    this.#books = books
    this.#line = line
  }

  place(order: OrderRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked = { order, resolve, reject }
      this.#line.send({ kind: 'place', order })
    })
  }

  countPending(): number {
    return this.#books.countPending()
  }

  hear({ refused }: Extract<Report, { kind: 'answer' }>): void {
    const asked = this.#asked
    this.#asked = undefined
    if (refused !== undefined) return asked?.reject(new OrderRefusedError(refused))
    this.#taken++
    asked?.resolve()
  }

  /** The service is back. What was committed without an answer shows in the books. */
  reconnect(line: Line): void {
    this.#line = line
    if (this.#asked === undefined) return
    if (this.#books.countPlaced() > this.#taken) this.hear({ kind: 'answer' })
    else line.send({ kind: 'place', order: this.#asked.order })
  }

  close(reason: unknown): void {
    this.#asked?.reject(reason)
    this.#asked = undefined
  }
}
