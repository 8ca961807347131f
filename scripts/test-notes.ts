/**
 * A reporter for Node's test runner, for scripts/test.ts to read: `failed FILE` for each test that failed, relative to
 * where the runner was started, and at last the closing lines (`ℹ tests 12`).
 */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

export default async function* testNotes(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type === 'test:fail') yield `failed ${relative(process.cwd(), fileOf(data))}\n`
    if (type === 'test:diagnostic' && isClosing(data.message)) yield `ℹ ${data.message}\n`
  }
}

/** The file that was run, even for a test that a helper module defines. */
function fileOf(failure: { readonly file?: string; readonly entryFile?: string }): string {
  return failure.entryFile ?? failure.file ?? ''
}

function isClosing(message: string): boolean {
  return /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(message)
}
