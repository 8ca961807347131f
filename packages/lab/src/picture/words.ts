import type { DirectionOptions, LinkOptions, Loss } from '../link/options.ts'
import type { BehaviourOptions, ProtocolBehaviour } from '../nat/behaviour.ts'
import type { NatOptions } from '../nat/choice.ts'

/** A link in a few words: '20ms ±5ms, loss 1 %, 50mbit'; '' for one that does nothing. */
export function linkWords({ up, down, mtu, ...both }: LinkOptions = {}): string {
  const words = [
    ...directionWords(both),
    ...oneWay('up', up),
    ...oneWay('down', down),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
  ]
  return words.join(', ')
}

function oneWay(name: string, options: DirectionOptions | undefined): string[] {
  const words = directionWords(options ?? {})
  return words.length === 0 ? [] : [`${name}: ${words.join(' ')}`]
}

function directionWords({ delay, jitter, loss, reorder, duplicate, corrupt, rate, queue }: DirectionOptions): string[] {
  const words = [
    jitter === undefined ? durationWord(delay) : `${durationWord(delay) || '0ms'} ±${durationWord(jitter)}`,
    lossWord(loss),
    shareWord('reorder', reorder),
    shareWord('duplicate', duplicate),
    shareWord('corrupt', corrupt),
    typeof rate === 'number' ? rateWord(rate) : (rate ?? ''),
    queue === undefined ? '' : `queue ${durationWord(queue)}`,
  ]
  return words.filter((word) => word !== '')
}

function durationWord(value: string | number | undefined): string {
  return typeof value === 'number' ? `${value}ms` : (value ?? '')
}

function rateWord(bits: number): string {
  for (const [unit, factor] of [
    ['gbit', 1e9],
    ['mbit', 1e6],
    ['kbit', 1e3],
  ] as const)
    if (bits >= factor) return `${Number((bits / factor).toFixed(2))}${unit}`
  return `${bits}bit`
}

function shareWord(name: string, share: number | undefined): string {
  return share === undefined || share === 0 ? '' : `${name} ${percent(share)}`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function lossWord(loss: Loss | undefined): string {
  if (loss === undefined || typeof loss === 'number') return shareWord('loss', loss)
  if ('every' in loss) return `loss 1 of ${loss.every}`
  return `loss ${percent(loss.burst)} in bursts${loss.length === undefined ? '' : ` of ${loss.length}`}`
}

/** A NAT in a word or a few. */
export function natWords(nat: NatOptions = 'home'): string {
  if (typeof nat === 'string') return nat === 'none' ? 'no NAT' : nat
  if ('config' in nat) return 'sallyport config'
  if ('nft' in nat) return `nft ${nat.nft.split('/').at(-1)}`
  if ('behaviour' in nat) return nat.name
  if ('rules' in nat) return 'own rules'
  return behaviourWords(nat)
}

const short = {
  'endpoint-independent': 'EI',
  'address-dependent': 'AD',
  'address-and-port-dependent': 'APD',
} as const

/** RFC 4787's words in short: EI, AD or APD for mapping and filtering. */
function behaviourWords(options: BehaviourOptions): string {
  const { mapping, filtering, udp, tcp } = options
  const both: Partial<ProtocolBehaviour> = { ...(mapping && { mapping }), ...(filtering && { filtering }) }
  const [one, other] = [protocolWords(udp, both), protocolWords(tcp, both)]
  return one === other ? one : `udp ${one}, tcp ${other}`
}

function protocolWords(own: BehaviourOptions['udp'], both: Partial<ProtocolBehaviour>): string {
  if (own === 'blocked') return own
  const { mapping = 'endpoint-independent', filtering = 'address-and-port-dependent' } = { ...both, ...own }
  return `${short[mapping]} mapping, ${short[filtering]} filtering`
}
