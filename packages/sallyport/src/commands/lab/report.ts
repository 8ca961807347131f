import { readFile, writeFile } from 'node:fs/promises'
import type { NftWiring, ReportSubject, Rfc, RfcReport, RfcResult } from '@sallyport/lab'
import { loadConfig } from '@sallyport/router'
import { type Command, InvalidArgumentError } from 'commander'
import { withJson } from '../../options.ts'
import { print, printJson } from '../../output.ts'
import { BadUsage, labAction } from './action.ts'
import { ProgressLine } from './progress.ts'
import { checkWritable } from './writable.ts'

interface Options extends NftWiring {
  readonly preset?: string
  readonly config?: string
  readonly nft?: string
  readonly rfc?: Rfc[]
  readonly addresses: number
  readonly sysctl: Readonly<Record<string, string>>
  readonly evidence?: boolean
  readonly json?: boolean
  readonly junit?: string
  readonly markdown?: string
}

export function registerReport(lab: Command): void {
  withJson(lab.command('report').description('what the RFCs on NAT ask for, requirement by requirement, with evidence'))
    .option('--preset <name>', 'examine a NAT that `lab presets` lists')
    .option('-c, --config <file>', 'examine a config of our router')
    .option('--nft <file>', 'examine any file for the nft program, which has to be installed')
    .option('--wan <interface>', 'what the nft file calls the WAN; default: where it masquerades')
    .option('--lan <interface>', 'what the nft file calls the LAN; default: the first other one that it names')
    .option('--wan-address <address/length>', 'the WAN address that the nft file expects; default: 203.0.113.1/24')
    .option('--lan-address <address/length>', 'the LAN address that the nft file expects; default: 192.168.1.1/24')
    .option('--addresses <number>', 'external addresses that it has: 1 or 2', addresses, 1)
    .option('--sysctl <name=value>', 'a kernel setting that belongs to it; may be given several times', setting, {})
    .option('--rfc <numbers>', 'some of 4787 (UDP), 5382 (TCP), 5508 (ICMP), 7857; default: all', numbers)
    .option('--evidence', 'show what was seen for every requirement, not only for failures')
    .option('--junit <file>', 'also write the requirements as test results for CI')
    .option('--markdown <file>', 'also write the report as a document')
    .action(labAction(report))
}

async function report(options: Options): Promise<void> {
  checkWritable({ junit: options.junit, markdown: options.markdown })
  const subject = await subjectOf(options)
  const { renderReport, reportJunit, reportMarkdown, sandbox } = await import('@sallyport/lab')
  await sandbox()
  const result = await examined(subject, options.rfc)
  if (options.junit !== undefined) await writeFile(options.junit, reportJunit(result))
  if (options.markdown !== undefined) await writeFile(options.markdown, reportMarkdown(result))
  if (options.json) printJson(result)
  else print(renderReport(result, { evidence: options.evidence ?? false }))
  if (result.summary.violations.length > 0) process.exitCode = 1
}

async function examined(subject: ReportSubject, rfcs: readonly Rfc[] | undefined): Promise<RfcReport> {
  const { runReport } = await import('@sallyport/lab')
  using line = new ProgressLine()
  const progress = (done: number, of: number, { rfc, id }: RfcResult): void =>
    line.show(`${done} of ${of}: RFC ${rfc} ${id}`)
  return await runReport({ subject, progress, ...(rfcs && { rfcs }) })
}

/** Exactly one of the three; throws what is wrong with it. */
async function subjectOf(options: Options): Promise<ReportSubject> {
  const { preset, config, nft, sysctl: sysctls, addresses } = options
  const common = { sysctls, addresses }
  if ([preset, config, nft].filter((each) => each !== undefined).length !== 1) {
    throw new BadUsage('what is to be examined? Name one of --preset NAME, --config FILE and --nft FILE')
  }
  const [first] = Object.keys(wiring(options))
  if (nft === undefined && first !== undefined) throw new BadUsage(`${dashed(first)} is for --nft FILE: leave it out`)
  if (config !== undefined) return { kind: 'config', name: config, config: await loadConfig(config), ...common }
  if (nft !== undefined) return { kind: 'nft', file: nft, text: await textOf(nft), ...wiring(options), ...common }
  const { presetNamed } = await import('@sallyport/lab')
  return { kind: 'nat', name: `preset ${preset}`, nat: presetNamed(preset!), ...common }
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadUsage(`${file}: the rules cannot be read (${error.code}); check the name behind --nft`)
  })
}

function wiring({ wan, lan, wanAddress, lanAddress }: Options): NftWiring {
  return {
    ...(wan !== undefined && { wan }),
    ...(lan !== undefined && { lan }),
    ...(wanAddress !== undefined && { wanAddress }),
    ...(lanAddress !== undefined && { lanAddress }),
  }
}

/** 'wanAddress', as the option is written. */
function dashed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function setting(text: string, others: Options['sysctl']): Options['sysctl'] {
  const [, name, value] = /^([\w./-]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write NAME=VALUE.')
  return { ...others, [name]: value }
}

function addresses(text: string): number {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('It is 1 or 2.')
  return Number(text)
}

function numbers(text: string): Rfc[] {
  const known: readonly string[] = ['4787', '5382', '5508', '7857']
  const wanted = text.split(',')
  if (!wanted.every((number) => known.includes(number))) {
    throw new InvalidArgumentError(`There are ${known.join(', ')}; write them with commas between them.`)
  }
  return wanted.map((number) => Number(number) as Rfc)
}
