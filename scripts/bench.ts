/**
 * `node scripts/bench.ts [NAME [--json]]`: lists the benchmarks, or runs one in a network of its own.
 * Exit 0: every goal is met, 1: one is not, or the benchmark failed, 2: bad usage.
 */
import { globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { sandbox } from '@sallyport/linux'
import { type Benchmark, Context, type Result } from '../bench/harness.ts'

const root = dirname(import.meta.dirname)

function names(): string[] {
  const files = globSync('bench/*.ts', { cwd: root, exclude: ['bench/harness.ts'] })
  return files.map((file) => basename(file, '.ts')).sort()
}

async function load(name: string): Promise<Benchmark> {
  const module = (await import(join(root, 'bench', `${name}.ts`))) as { default: Benchmark }
  return module.default
}

async function list(): Promise<void> {
  console.log('usage: npm run bench -- NAME [--json]\n')
  for (const name of names()) console.log(`  ${name.padEnd(16)} ${(await load(name)).claim}`)
}

/** In a sandbox, where nothing of the host's network can be touched. */
async function run(name: string, json: boolean): Promise<number> {
  await sandbox()
  const progress = process.stderr.isTTY ? (line: string): void => console.error(line) : undefined
  const benchmark = await load(name)
  const results = await benchmark.run(new Context(undefined, progress))
  if (json) console.log(JSON.stringify({ name: benchmark.name, results }))
  else for (const result of results) console.log(sentence(result))
  return results.every(({ met }) => met) ? 0 : 1
}

function sentence({ case: name, peer, ratio, goal, met }: Result): string {
  const [min, median, max] = [ratio.min, ratio.median, ratio.max].map((value) => value.toFixed(3))
  return `${met ? 'met   ' : 'MISSED'}  ${name} against ${peer}: ${min} – ${median} – ${max}, goal ${goal}`
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [name, ...more] = positionals
  if (name === undefined) return list().then(() => 0)
  if (more.length > 0 || !names().includes(name)) return usageError(`there is no benchmark '${positionals.join(' ')}'`)
  return run(name, values.json)
}

function usageError(problem: string): number {
  console.error(`bench: ${problem}; there are: ${names().join(', ') || 'none yet'}`)
  return 2
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof TypeError && (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `bench: ${error.message}` : error)
  process.exitCode = isUsage ? 2 : 1
}
