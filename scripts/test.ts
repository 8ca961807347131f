/**
 * Runs the tests: `node scripts/test.ts [FILE | DIRECTORY | DOCUMENT.md | --node-test-option=…]…`
 *
 * Without files: every test of the packages, of test/, and the blocks of the documents. The closing lines of Node's
 * test runner (`ℹ tests 12` and so on) are printed last, whatever happens; the exit status is the runner's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { childrenOf, commandLine, killTree } from './process-tree.ts'

/** Kernel tests keep several processes busy each: more files at a time make their timings lie. */
const concurrency = 2
/** One test; what waits for something that never comes is reported by name. Milliseconds. */
const testTimeout = 5 * 60_000
/** One file with all its processes, which the runner itself does not limit. Milliseconds. */
const fileTimeout = 12 * 60_000
/** An ordinary user's PATH on Debian lacks these, and the oracles live there. */
const administratorsPath = ['/usr/local/sbin', '/usr/sbin', '/sbin']

const documentRunner = 'scripts/docs.ts'
const everything = ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts']

interface Request {
  readonly files: string[]
  /** Documents to run the blocks of; empty: all of them, if the document runner is among the files. */
  readonly documents: string[]
  readonly options: string[]
}

function parse(args: readonly string[]): Request {
  const options = args.filter((arg) => arg.startsWith('-'))
  const paths = args.filter((arg) => !arg.startsWith('-'))
  if (paths.length === 0) return { files: [...globSync(everything).sort(), documentRunner], documents: [], options }
  const documents = paths.filter((path) => path.endsWith('.md'))
  const files = paths.filter((path) => !path.endsWith('.md')).flatMap(testFiles)
  return { files: documents.length > 0 ? [...files, documentRunner] : files, documents, options }
}

function testFiles(path: string): string[] {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return isDirectory ? globSync(join(path, '**/*.test.ts')).sort() : [path]
}

/** The runner writes its report twice: for the reader, and to `transcript` for us. */
function startRunner({ files, documents, options }: Request, transcript: string): ChildProcess {
  const reporters = ['stdout', transcript].flatMap((to) => [
    '--test-reporter=spec',
    `--test-reporter-destination=${to}`,
  ])
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

/** On failure the runner prints the failing tests after its closing lines: they are repeated behind those. */
function closingLines(transcript: string): string {
  const lines = stripVTControlCharacters(readFileSync(transcript, 'utf8')).split('\n')
  return lines.filter((line) => /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(line)).join('\n')
}

async function main(): Promise<void> {
  const request = parse(process.argv.slice(2))
  const scratch = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  const transcript = join(scratch, 'report.txt')
  const runner = startRunner(request, transcript)
  const watchdog = watch(runner.pid ?? 0)
  try {
    process.exitCode = await exitOf(runner)
    if (process.exitCode !== 0) console.log(`\n${closingLines(transcript)}`)
  } finally {
    clearInterval(watchdog)
    rmSync(scratch, { recursive: true, force: true })
  }
}

await main()
