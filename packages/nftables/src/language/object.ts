import { formatDuration } from '../model/duration.ts'
import type { FlowtableDefinition } from '../model/flowtable.ts'
import type { ObjectDefinition } from '../model/object.ts'
import { formatRate } from '../model/rate.ts'
import { printQuota, synproxyWords } from './action.ts'
import { indent, printComment } from './lines.ts'

/** `counter name { … }` and the like. */
export function printObject(object: ObjectDefinition): string[] {
  const { name, comment } = object
  const lines = [...linesOf(object), ...(comment === undefined ? [] : [printComment(comment)])]
  return [`${wordOf(object)} ${name} {`, ...lines.map(indent), '}']
}

function wordOf({ object }: ObjectDefinition): string {
  if (object === 'ct_expect') return 'ct expectation'
  return object.replace('_', ' ')
}

function linesOf(object: ObjectDefinition): string[] {
  switch (object.object) {
    case 'counter':
      return []
    case 'quota':
      return [printQuota(object)]
    case 'limit':
      return [formatRate(object.rate)]
    case 'ct_helper':
      return [`type "${object.type}" protocol ${object.protocol};`, ...l3(object)]
    case 'ct_timeout':
      return [`protocol ${object.protocol};`, ...l3(object), `policy = { ${policyOf(object.policy)} }`]
    case 'ct_expect':
      return [
        `protocol ${object.protocol}`,
        `dport ${object.dport}`,
        `timeout ${formatDuration(object.timeout)}`,
        `size ${object.size}`,
        ...l3(object),
      ]
    case 'synproxy':
      return synproxyLines(object)
  }
}

const l3 = ({ l3proto }: { l3proto?: string }): string[] => (l3proto === undefined ? [] : [`l3proto ${l3proto}`])

function policyOf(policy: Readonly<Record<string, number>>): string {
  return Object.entries(policy)
    .map(([state, seconds]) => `${state} : ${seconds}`)
    .join(', ')
}

/** The two numbers on lines of their own, the two words on one. */
function synproxyLines(object: Extract<ObjectDefinition, { object: 'synproxy' }>): string[] {
  const words = synproxyWords(object)
  const flags = words.filter((word) => !word.includes(' '))
  return [...words.filter((word) => word.includes(' ')), ...(flags.length > 0 ? [flags.join(' ')] : [])]
}

export function printFlowtable({ name, devices, priority, counter, offload }: FlowtableDefinition): string[] {
  const flags = [...(offload ? ['offload'] : []), ...(counter ? ['counter'] : [])]
  const lines = [
    `hook ingress priority ${priority};`,
    ...(devices.length > 0 ? [`devices = { ${devices.map((device) => `"${device}"`).join(', ')} };`] : []),
    ...flags.map((flag) => (flag === 'counter' ? 'counter' : `flags ${flag};`)),
  ]
  return [`flowtable ${name} {`, ...lines.map(indent), '}']
}
