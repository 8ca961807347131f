import { Conntrack } from '@sallyport/linux'
import { batchOf, connect, drop, icmp, type Nftables, Ruleset, tcp } from '@sallyport/nftables'
import { Lab } from '../../../src/lab.ts'
import type { Behaviour } from '../../../src/nat/behaviour.ts'
import type { Site } from '../../../src/nat/preset.ts'
import { rulesOf } from '../../../src/nat/rules/rules.ts'
import { timeoutSettings } from '../../../src/nat/timeouts.ts'
import type { LabNode } from '../../../src/node.ts'
import { Elapsing } from './elapse.ts'
import { type Arrival, RawHost } from './raw.ts'

/** A NAT to try: what it does, and the rules that are to do it; default: those that are made from the behaviour. */
export interface Tried {
  readonly behaviour: Behaviour
  readonly rules?: (site: Site) => Ruleset
}

/** Three hosts behind a router of the kernel, and on the other side servers and a stranger, all on raw sockets. */
export interface RawHouse extends AsyncDisposable {
  readonly external: readonly string[]
  readonly inside: readonly [RawHost, RawHost, RawHost]
  readonly outside: readonly [RawHost, RawHost, RawHost]
  /** Puts the NAT's rules in, as they are after a start: nothing learned, nothing tracked. */
  reset(nat: Tried): void
  /** Lets whole seconds pass for the router, at once. */
  elapse(seconds: number): void
  /** Everything that came since the last call; waits up to so many ms for the first when there is nothing yet. */
  arrivals(patience: number): Arrival[]
}

export async function buildRawHouse(addresses = 1): Promise<RawHouse> {
  const lab = await Lab.create()
  const external = Array.from({ length: addresses }, (_, index) => `203.0.113.${index + 1}`)
  const internet = lab.network('internet')
  const home = lab.network('home')
  const wan = internet.at(...external.map((address) => `${address}/24`))
  const router = lab.node('router', { wan, lan: home.at('192.168.1.1/24') }, { forwarding: true })
  const outside = [10, 20, 66].map((last) => lab.node(`server-${last}`, { eth0: internet.at(`203.0.113.${last}/24`) }))
  const inside = [101, 102, 103].map((last) =>
    lab.node(`host-${last}`, { eth0: home.at(`192.168.1.${last}/24`) }, { via: '192.168.1.1' }),
  )
  for (const node of [...inside, ...outside]) silence(node)
  const hosts = [...inside, ...outside].map((node) => new RawHost(node))
  const nft = connect({ namespace: router.namespace })
  const conntrack = Conntrack.open({ namespace: router.namespace })
  const elapsing = new Elapsing(router.namespace, nft, conntrack)
  const close = async (): Promise<void> => {
    for (const resource of [...hosts, elapsing, nft, conntrack]) resource[Symbol.dispose]()
    await lab[Symbol.asyncDispose]()
  }
  return {
    external,
    inside: [hosts[0]!, hosts[1]!, hosts[2]!],
    outside: [hosts[3]!, hosts[4]!, hosts[5]!],
    reset: (tried) => reset(router, nft, conntrack, tried, external),
    elapse: (seconds) => elapsing.pass(seconds),
    arrivals: (patience) => arrivals(hosts, patience),
    [Symbol.asyncDispose]: close,
  }
}

/** Raw sockets see everything, but the kernel would answer too: with an RST, or port unreachable. */
function silence(node: LabNode): void {
  const rules = new Ruleset()
  const output = rules.table('ip', 'silence').chain('output', { hook: 'output', priority: 0 })
  output.rule(tcp.flags.any('rst'), drop()).rule(icmp.type.eq('destination-unreachable'), drop())
  using nft = connect({ namespace: node.namespace })
  nft.commit(batchOf(rules))
  node.sysctl('net.ipv4.icmp_echo_ignore_all', 1)
}

function reset(
  router: LabNode,
  nft: Nftables,
  conntrack: Conntrack,
  { behaviour, rules }: Tried,
  external: readonly string[],
): void {
  const site: Site = { wan: 'wan', lan: ['lan'], external, inside: ['192.168.1.0/24'], hosts: [] }
  const fresh = batchOf(new Ruleset())
  for (const { family, name } of nft.tables()) fresh.destroy('table', { family, name })
  for (const operation of batchOf(rules?.(site) ?? rulesOf(behaviour, site)).operations) fresh.push(operation)
  nft.commit(fresh)
  conntrack.deleteMatching({ family: 'ipv4' })
  setTimeouts(router, behaviour.timeouts)
}

const current = new WeakMap<LabNode, unknown>()

/** Written only when they change: fifteen files take longer than a sequence. */
function setTimeouts(router: LabNode, timeouts: Behaviour['timeouts']): void {
  if (current.get(router) === timeouts) return
  current.set(router, timeouts)
  for (const [name, value] of timeoutSettings(timeouts)) router.sysctl(name, value)
  const set = (name: string, value: number): void => void router.sysctl(`net.netfilter.nf_conntrack_${name}`, value)
  set('tcp_be_liberal', 1) // sequence numbers are not what is tested
  set('tcp_loose', 0) // connections begin with a SYN, as in the model
}

const never = new Int32Array(new SharedArrayBuffer(4))

/** A packet has arrived by the time that `send` returns, but on a busy machine. */
function arrivals(hosts: readonly RawHost[], patience: number): Arrival[] {
  for (let waited = 0; ; waited += 1) {
    const found = hosts.flatMap((host) => host.receive())
    if (found.length > 0 || waited >= patience) return found
    Atomics.wait(never, 0, 0, 1)
  }
}
