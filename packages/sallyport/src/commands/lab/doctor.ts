import type { Finding } from '@sallyport/lab'
import type { Command } from 'commander'
import { withJson } from '../../options.ts'
import { print, printJson } from '../../output.ts'
import { labAction } from './action.ts'

interface Options {
  readonly json?: boolean
  readonly kernel?: boolean
}

const again = ['lab', 'doctor', '--kernel', '--json']

export function registerDoctor(lab: Command): void {
  withJson(lab.command('doctor').description('what this machine has and lacks for labs, and what is used instead'))
    .option('--kernel', 'only what the kernel has, tried inside a sandbox')
    .action(labAction(doctor))
}

async function doctor({ json, kernel }: Options): Promise<void> {
  const { apparmorProfile, labsRun, probeElsewhere, probeKernel, probeOutside, sandbox } = await import(
    '@sallyport/lab'
  )
  if (kernel) await sandbox()
  const outside = kernel ? [] : probeOutside()
  const inside = kernel ? probeKernel() : labsRun(outside) ? probeElsewhere(again) : []
  const findings = [...outside, ...inside]
  const ok = labsRun(findings)
  const restricted = findings.some(({ name, ok }) => name === 'user namespaces' && !ok)
  const profile = restricted ? apparmorProfile(process.execPath) : undefined
  if (json) printJson({ ok, findings, ...(profile && { profile }) })
  else print(describe(findings, ok, profile))
  if (!ok) process.exitCode = 1
}

function describe(findings: readonly Finding[], ok: boolean, profile: string | undefined): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap((finding) => lineOf(finding, width))
  const end = ok ? 'Labs run here.' : 'Labs do not run here: see what is missing above.'
  return [
    ...lines,
    '',
    end,
    ...(profile === undefined ? [] : ['', 'An AppArmor profile for this Node:', '', profile]),
  ].join('\n')
}

function lineOf({ name, ok, required, detail, instead, fix }: Finding, width: number): string[] {
  const word = ok ? 'ok     ' : required ? 'MISSING' : 'lacks  '
  const more = [
    ...(instead === undefined ? [] : [`instead: ${instead}`]),
    ...(fix === undefined ? [] : [`to have it: ${fix}`]),
  ]
  return [`${word}  ${name.padEnd(width)}  ${detail}`, ...more.map((line) => `${' '.repeat(width + 11)}${line}`)]
}
