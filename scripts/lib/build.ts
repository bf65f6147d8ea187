import { run } from './run.ts'

/** Builds every package that changed, through turbo's cache; silent unless it fails. */
export async function build(): Promise<void> {
  await run('turbo', ['run', 'build', '--output-logs=errors-only', '--ui=stream'], {
    env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' },
  })
}
