import type { grade, Preset, Proof } from '@sallyport/lab'
import type { Command } from 'commander'
import { withJson } from '../../options.ts'
import { print, printJson, table } from '../../output.ts'
import { aboutPreset } from './about.ts'
import { labAction } from './action.ts'
import { provenRouters, sayUnproven } from './proving.ts'

interface Options {
  readonly json?: boolean
  readonly prove?: boolean
}

/** A preset as it is listed. */
interface Row {
  readonly name: string
  readonly title: string
  readonly mapping: string
  readonly filtering: string
  readonly grade: string
  readonly devices: readonly string[]
  readonly proof?: Proof
}

export function registerPresets(lab: Command): void {
  withJson(lab.command('presets').description('NATs that people have, by name'))
    .argument('[name]', 'all about one of them: the devices it stands for, and what it does')
    .option('--prove', 'measure each of them in a lab; exit status 1 when one is not what it promises')
    .action(labAction(presets))
}

async function presets(name: string | undefined, { json, prove }: Options): Promise<void> {
  const { allPresets, grade, presetNamed } = await import('@sallyport/lab')
  const wanted = name === undefined ? allPresets : [presetNamed(name)]
  const proofs = prove ? await proven(wanted) : []
  const rows = wanted.map((preset) => rowOf(preset, grade, proofs))
  if (json) printJson({ presets: wanted.map(({ behaviour }, index) => ({ ...rows[index], behaviour })) })
  else if (name === undefined) print(describe(rows))
  else print([aboutPreset(wanted[0]!, rows[0]!.grade), ...rows.flatMap(provenLines)].join('\n'))
  await sayUnproven(proofs)
  if (proofs.some(({ ok }) => !ok)) process.exitCode = 1
}

/** A router for each preset, called as it, in one lab. */
async function proven(wanted: readonly Preset[]): Promise<Proof[]> {
  const { Lab, sandbox } = await import('@sallyport/lab')
  await sandbox()
  await using lab = await Lab.create()
  for (const preset of wanted) lab.router(preset.name, { nat: preset })
  return await provenRouters(lab, true)
}

function rowOf(preset: Preset, gradeOf: typeof grade, proofs: readonly Proof[]): Row {
  const { name, title, devices, behaviour } = preset
  const { udp } = behaviour
  const proof = proofs.find(({ router }) => router === name)
  const about = { name, title, devices, ...(proof && { proof }) }
  if (udp === 'blocked') return { ...about, mapping: 'blocked', filtering: 'blocked', grade: 'F' }
  const { mapping, filtering } = udp
  return { ...about, mapping, filtering, grade: gradeOf(mapping, filtering) }
}

/** What was measured of one preset. */
function provenLines({ proof }: Row): string[] {
  if (proof === undefined) return []
  const lines = proof.rows.map(({ what, observed, ok }) => `  ${ok ? 'yes' : 'NO '}  ${what}: ${observed}`)
  return ['', `Measured, in ${proof.ms} ms`, ...lines]
}

const short: Readonly<Record<string, string>> = {
  'endpoint-independent': 'EI',
  'address-dependent': 'AD',
  'address-and-port-dependent': 'APD',
}

function describe(rows: readonly Row[]): string {
  const proven = rows.some(({ proof }) => proof !== undefined)
  const cells = rows.map(({ name, grade, mapping, filtering, title, proof }) => [
    name,
    grade,
    short[mapping] ?? mapping,
    short[filtering] ?? filtering,
    ...(proven ? [proof?.ok ? `yes, ${proof.ms} ms` : 'NO'] : []),
    title,
  ])
  const heads = ['PRESET', 'GRADE', 'MAPPING', 'FILTERING', ...(proven ? ['PROVEN'] : []), 'WHAT IT IS']
  const legend = 'EI, AD, APD: endpoint-independent, address-dependent, address-and-port-dependent (RFC 4787); of UDP'
  return `${table([heads, ...cells])}\n${legend}`
}
