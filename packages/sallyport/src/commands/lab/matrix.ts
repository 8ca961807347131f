import { writeFile } from 'node:fs/promises'
import { styleText } from 'node:util'
import type { Matrix, MatrixOptions, MatrixStyle } from '@sallyport/lab'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withJson } from '../../options.ts'
import { print } from '../../output.ts'
import { labAction } from './action.ts'
import { ProgressLine } from './progress.ts'
import { checkWritable } from './writable.ts'

interface Options {
  readonly presets?: string[]
  readonly protocol: 'udp' | 'tcp'
  readonly trials: number
  readonly stagger: number[]
  readonly delay: number
  readonly parallel: number
  readonly explain?: boolean
  readonly json?: boolean
  readonly html?: string
  readonly junit?: string
}

export function registerMatrix(lab: Command): void {
  withJson(lab.command('matrix').description('which pairs of NATs can be punched: tried, and compared with theory'))
    .option('--presets <names>', 'NATs, by the names that `lab presets` lists, with commas between them', list)
    .addOption(new Option('--protocol <name>', 'what is punched with').choices(['udp', 'tcp']).default('udp'))
    .option('--trials <number>', 'attempts in every cell', count, 20)
    .option('--stagger <times>', 'how much later one side begins: 0ms,250ms', times, [0, 250])
    .option('--delay <time>', 'how long a packet takes from one NAT to the other', time, 0)
    .option('--parallel <number>', 'pairs at the same time', count, 4)
    .option('--explain', 'say of every cell which packet decided it, not only of those that are not as theory says')
    .option('--html <file>', 'also write a page with all details')
    .option('--junit <file>', 'also write the cells as test results for CI')
    .action(labAction(matrix))
}

async function matrix(options: Options): Promise<void> {
  checkWritable({ html: options.html, junit: options.junit })
  const { matrixHtml, matrixJson, matrixJunit, renderMatrix, sandbox } = await import('@sallyport/lab')
  await sandbox()
  const result = await tried(options)
  if (options.html !== undefined) await writeFile(options.html, matrixHtml(result))
  if (options.junit !== undefined) await writeFile(options.junit, matrixJunit(result))
  if (options.json) print(matrixJson(result))
  else print(renderMatrix(result, { ...styled(), explain: options.explain ?? false }))
  if (!result.ok) process.exitCode = 1
}

async function tried({ presets, protocol, trials, stagger, delay, parallel }: Options): Promise<Matrix> {
  const { runMatrix } = await import('@sallyport/lab')
  using line = new ProgressLine()
  const progress: MatrixOptions['progress'] = ({ a, b }, done, total) =>
    line.show(`${done} of ${total} cells: ${a} × ${b}`)
  return await runMatrix({
    ...(presets && { presets }),
    protocol,
    trials,
    staggers: stagger,
    delay,
    parallel,
    progress,
  })
}

/** Colours for a terminal; styleText itself looks at NO_COLOR and at whether stdout is one. */
function styled(): { readonly style: MatrixStyle } {
  const marked = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { stream: process.stdout })
  return {
    style: { heading: marked('bold'), good: marked('green'), bad: marked('red'), middling: marked('yellow') },
  }
}

function list(text: string): string[] {
  const found = text.split(',').filter((each) => each !== '')
  if (found.length === 0) throw new InvalidArgumentError('One or more are wanted, with commas between them.')
  return found
}

function count(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('A whole number from 1 on is wanted.')
  return number
}

function times(text: string): number[] {
  return list(text).map(time)
}

/** In milliseconds; without a unit too. */
function time(text: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError(`'${text}' is no time: write 250ms or 1.5s.`)
  return Number(number) * (unit === 's' ? 1000 : 1)
}
