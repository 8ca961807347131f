/**
 * Runs the tests: `node scripts/test.ts [FILE | DIRECTORY | DOCUMENT.md | --node-test-option=…]…`
 *
 * Without files: every test of the packages, of test/, and the blocks of the documents. A few files that failed are run
 * once more, with the machine to themselves, and what passes then is named as unsteady (decision 18). The closing lines
 * of Node's test runner (`ℹ tests 12` and so on) are printed last, whatever happens; the exit status is the runner's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { childrenOf, commandLine, killTree } from './process-tree.ts'

/** Kernel tests keep several processes busy each: more files at a time make their timings lie. */
const concurrency = 2
/** One test; what waits for something that never comes is reported by name. Milliseconds. */
const testTimeout = 5 * 60_000
/** One file with all its processes, which the runner itself does not limit. Milliseconds. */
const fileTimeout = 12 * 60_000
/** More failed files than this are no accident of a busy machine, and are not run again. */
const secondChances = 3
/** An ordinary user's PATH on Debian lacks these, and the oracles live there. */
const administratorsPath = ['/usr/local/sbin', '/usr/sbin', '/sbin']

const documentRunner = 'scripts/docs.ts'
const everything = ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts']

interface Request {
  readonly files: string[]
  /** Documents to run the blocks of; empty: all of them, if the document runner is among the files. */
  readonly documents: string[]
  readonly options: string[]
  /** Files at a time. */
  readonly concurrency: number
}

interface Outcome {
  readonly status: number
  /** Each file with a test that failed, once. */
  readonly failed: readonly string[]
  /** On failure the runner prints the failing tests after its closing lines, which are repeated behind those. */
  readonly closingLines: string
}

function parse(args: readonly string[]): Request {
  const options = args.filter((arg) => arg.startsWith('-'))
  const paths = args.filter((arg) => !arg.startsWith('-'))
  const common = { options, concurrency }
  if (paths.length === 0) return { ...common, files: [...globSync(everything).sort(), documentRunner], documents: [] }
  const documents = paths.filter((path) => path.endsWith('.md'))
  const files = paths.filter((path) => !path.endsWith('.md')).flatMap(testFiles)
  return { ...common, files: documents.length > 0 ? [...files, documentRunner] : files, documents }
}

function testFiles(path: string): string[] {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return isDirectory ? globSync(join(path, '**/*.test.ts')).sort() : [path]
}

/** The runner reports to the reader, and to the file `notes` for us. */
function startRunner({ files, documents, options, concurrency }: Request, notes: string): ChildProcess {
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=./scripts/test-notes.ts', `--test-reporter-destination=${notes}`],
  ]
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${testTimeout}`]
  const path = [process.env.PATH, ...administratorsPath].join(delimiter)
  return spawn(process.execPath, ['--test', ...reporters, ...limits, ...options, ...files], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, SALLYPORT_DOCUMENTS: documents.join(delimiter) },
  })
}

/** Ends a test file that runs longer than the limit, with everything it started. */
function watch(runner: number): NodeJS.Timeout {
  const seen = new Map<string, number>()
  return setInterval(() => {
    for (const { pid, started } of childrenOf(runner)) {
      const key = `${pid} ${started}`
      const since = seen.get(key) ?? Date.now()
      seen.set(key, since)
      if (Date.now() - since > fileTimeout) endOverdue(pid)
    }
  }, 1000)
}

function endOverdue(pid: number): void {
  const file = commandLine(pid).findLast((word) => word.endsWith('.ts')) ?? `process ${pid}`
  console.error(`test: ${file} was still running after ${fileTimeout / 60_000} minutes and was ended`)
  killTree(pid)
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

async function run(request: Request): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  const notes = join(scratch, 'notes.txt')
  const runner = startRunner(request, notes)
  const watchdog = watch(runner.pid ?? 0)
  try {
    return { status: await exitOf(runner), ...read(notes) }
  } finally {
    clearInterval(watchdog)
    rmSync(scratch, { recursive: true, force: true })
  }
}

function read(notes: string): Pick<Outcome, 'failed' | 'closingLines'> {
  const lines = readFileSync(notes, 'utf8').split('\n')
  const failed = lines.filter((line) => line.startsWith('failed ')).map((line) => line.slice('failed '.length))
  return { failed: [...new Set(failed)], closingLines: lines.filter((line) => line.startsWith('ℹ ')).join('\n') }
}

/** Runs failed files again, alone: what the machine's other work broke passes, and is said to be unsteady. */
async function runAgain(request: Request, files: readonly string[]): Promise<number> {
  console.log(`\ntest: once more, one file at a time: ${files.join(' ')}\n`)
  const { status, failed, closingLines } = await run({ ...request, files: [...files], concurrency: 1 })
  if (status !== 0) console.log(`\n${closingLines}`)
  for (const file of files) {
    const verdict = failed.includes(file) ? 'failed twice' : 'is unsteady: it failed, and passed when run again alone'
    console.log(`test: ${file} ${verdict}`)
  }
  return status
}

async function main(): Promise<void> {
  const request = parse(process.argv.slice(2))
  const { status, failed, closingLines } = await run(request)
  const isAccident = failed.length > 0 && failed.length <= secondChances && request.files.length > secondChances
  process.exitCode = status !== 0 && isAccident ? await runAgain(request, failed) : status
  if (status !== 0) console.log(`\nthe whole run:\n${closingLines}`)
}

await main()
