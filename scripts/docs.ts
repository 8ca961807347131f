/**
 * Runs the documents: every block of README.md, of the packages' and their rooms', and of docs/guide that
 * says it can be run is a test.
 * `node scripts/docs.ts [DOCUMENT.md…]`; under the test runner, SALLYPORT_DOCUMENTS names them. What the blocks mean
 * is in CONTRIBUTING.md.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type Block, blocksOf, type Task, tasksOf } from './documents/blocks.ts'
import { difference } from './documents/compare.ts'

await sandbox()

const root = dirname(import.meta.dirname)
/** Each block is on its own: what it leaves behind, in namespaces or processes, is gone when it ends. */
const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child']
/** Milliseconds that one block may take. */
const timeout = 120_000
const everywhere = ['README.md', 'packages/*/README.md', 'packages/*/src/*/README.md', 'docs/guide/**/*.md']

function documents(): string[] {
  const named = [...process.argv.slice(2), ...(process.env.SALLYPORT_DOCUMENTS ?? '').split(delimiter)].filter(Boolean)
  return named.length > 0 ? named : globSync(everywhere, { cwd: root })
}

/** The block's standard output; throws with all it said if it fails. Runs in the root of the repository. */
function run(command: readonly string[], input: string): string {
  const [program = '', ...args] = [...unshare, ...command]
  const result = spawnSync(program, args, {
    cwd: root,
    input,
    timeout,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    // A block may run tests of its own, which are not tests of ours: they report to the block.
    env: { ...process.env, PATH: path(), NO_COLOR: '1', NODE_TEST_CONTEXT: undefined },
  })
  if (result.error) throw result.error
  assert.equal(result.status, 0, `exit ${result.status ?? result.signal}\n${result.stdout}${result.stderr}`)
  return result.stdout
}

function path(): string {
  return [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
}

function expectOutput(actual: string, output: Block | undefined): void {
  const problem = output && difference(output.text, actual)
  if (problem !== undefined) assert.fail(`${problem}\n\nThe whole output:\n${actual}`)
}

async function checkConfig(text: string, file: string): Promise<void> {
  const { parseConfig } = await import('@sallyport/router')
  parseConfig(text, { file })
}

async function perform(task: Task, document: string): Promise<void> {
  const { block } = task
  if (task.kind === 'mistake') assert.fail(task.problem)
  if (task.kind === 'config') await checkConfig(block.text, document)
  if (task.kind === 'sh') expectOutput(run(['sh', '-eu'], block.text), task.output)
  // From standard input, so that no file is left behind and imports resolve as from the root of the repository.
  if (task.kind === 'ts')
    expectOutput(run([process.execPath, '--input-type=module-typescript', '-'], block.text), task.output)
}

for (const document of documents().sort()) {
  const tasks = tasksOf(blocksOf(readFileSync(join(root, document), 'utf8')))
  if (tasks.length === 0) continue
  describe(document, () => {
    for (const task of tasks) {
      const { language, line } = task.block
      const skip = task.kind === 'skip' ? task.reason : false
      test(`the ${language} block at ${document}:${line} does as it says`, { skip }, () => perform(task, document))
    }
  })
}
