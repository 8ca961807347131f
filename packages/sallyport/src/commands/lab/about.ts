import type { Preset } from '@sallyport/lab'
import { table } from '../../output.ts'

type Protocol = Preset['behaviour']['udp']

/** All about one preset, in the words that a topology takes. */
export function aboutPreset({ name, title, devices, behaviour, rules, config }: Preset, grade: string): string {
  const { udp, tcp, hairpin, pooling, unsolicited, timeouts } = behaviour
  const rows = [
    ['udp', protocolWords(udp)],
    ['tcp', protocolWords(udp) === protocolWords(tcp) ? 'the same' : protocolWords(tcp)],
    ['hairpin', hairpin],
    ['pooling', pooling],
    ['unsolicited', unsolicited],
    ['timeouts', entries(timeouts, ' s')],
  ]
  const own = rules !== undefined || config !== undefined
  return [
    `${name}, grade ${grade}: ${title}`,
    ...section('Stands for', devices),
    ...section(own ? 'Has rules of its own, which behave so' : 'Behaves so', table(rows).split('\n')),
    ...section('In a topology', [`routers: { house: { nat: ${name}, hosts: [alice] } }`]),
  ].join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function protocolWords(protocol: Protocol): string {
  if (protocol === 'blocked') return protocol
  const { ports, ...rest } = protocol
  return entries({ ...rest, ports: typeof ports === 'string' ? ports : [...new Set(ports.range)].join(' to ') })
}

/** 'mapping: endpoint-independent, overloading: false' */
function entries(words: object, unit = ''): string {
  return Object.entries(words)
    .map(([word, value]) => `${word}: ${value}${unit}`)
    .join(', ')
}
