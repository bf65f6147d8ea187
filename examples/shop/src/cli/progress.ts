import { count } from '../demo/format.ts'
import type { Progress } from '../demo/run-demo.ts'

export interface ProgressDisplay {
  show(progress: Progress): void
  /** A line above the bar. */
  say(line: string): void
  /** Leaves the last state standing. */
  end(): void
}

interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const width = 32
const clearLine = '\r\u001b[K'

/** A bar that is drawn again and again on a terminal; a line for each tenth elsewhere; silent when `quiet`. */
export function createProgress(out: Terminal, { quiet }: { readonly quiet: boolean }): ProgressDisplay {
  if (quiet) return { show: () => {}, say: (line) => out.write(`${line}\n`), end: () => {} }
  return out.isTTY === true ? bar(out) : steps(out)
}

function bar(out: Terminal): ProgressDisplay {
  // Some terminals say 0.
  const columns = out.columns || 80
  let last = ''
  const draw = (): unknown => out.write(clearLine + last)
  return {
    show(progress) {
      const filled = Math.floor(progress.done * width)
      last = `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${describe(progress)}`.slice(0, columns - 1)
      draw()
    },
    say(line) {
      out.write(`${clearLine}${line}\n`)
      draw()
    },
    end: () => out.write('\n'),
  }
}

function steps(out: Terminal): ProgressDisplay {
  let next = 0.1
  return {
    show(progress) {
      if (progress.done < next) return
      next = Math.floor(progress.done * 10 + 1) / 10
      out.write(`${describe(progress)}\n`)
    },
    say: (line) => out.write(`${line}\n`),
    end: () => {},
  }
}

const describe = ({ done, placed, finished }: Progress): string =>
  `${String(Math.floor(done * 100)).padStart(3)} %  ${count(finished)} of ${count(placed)} orders finished`
