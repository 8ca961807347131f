import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NodePlan, presetNamed, resolveNat, rulesetOf, type Site, type Topology } from '@sallyport/lab'
import { NetworkNamespace } from '@sallyport/linux'
import { print } from '@sallyport/nftables'
import { duration } from './nft.ts'
import { programPath } from './rulesets.ts'

const FABRIC = 'fabric'

/**
 * The same topology by the programs `ip` and `nft`, as a good shell script builds it: all namespaces in one `ip -batch`,
 * all bridges and cables in another, and for each node one shell that writes the sysctls by itself and starts `ip -batch`
 * once, and `nft -f` once when the node is a router.
 */
export class ShellLab implements Disposable {
  readonly #directory: string
  readonly #nat: string

  /** @param nat preset of its routers */
  constructor(topology: Topology, nat: string, sites: ReadonlyMap<string, Site>) {
    this.#nat = nat
    this.#directory = mkdtempSync(join(tmpdir(), 'shell-lab-'))
    const names = [FABRIC, ...topology.nodes.map(({ name }) => name)]
    this.#write(
      'namespaces',
      names.map((name) => `netns add ${name}`),
    )
    this.#write('cables', cables(topology))
    for (const node of topology.nodes) this.#writeNode(node, sites.get(node.name))
    this.#write('build.sh', [
      'set -e',
      `${programPath('ip')} -batch namespaces`,
      `${programPath('ip')} -n ${FABRIC} -batch cables`,
      ...topology.nodes.map(({ name }) => `nsenter --net=/run/netns/${name} sh -e ${name}.sh`),
    ])
  }

  #write(name: string, lines: readonly string[]): void {
    writeFileSync(join(this.#directory, name), `${lines.join('\n')}\n`)
  }

  #writeNode(node: NodePlan, site: Site | undefined): void {
    this.#write(`${node.name}.ip`, configuration(node))
    const sysctls = [...settings(node.forwarding), ...(site === undefined ? [] : timeouts(this.#nat))]
    const script = sysctls.map(([name, value]) => `echo ${value} > /proc/sys/net/${name}`)
    script.push(`${programPath('ip')} -batch ${node.name}.ip`)
    if (site !== undefined) {
      this.#write(`${node.name}.nft`, [print(rulesetOf(resolveNat(this.#nat), site)!)])
      script.push(`${programPath('nft')} -f ${node.name}.nft`)
    }
    this.#write(`${node.name}.sh`, script)
  }

  /** Runs the script; milliseconds. Call {@link remove} before the next. */
  build(): number {
    return duration(() => this.#run('sh', ['build.sh']))
  }

  namespace(node: string): NetworkNamespace {
    return NetworkNamespace.open(`/run/netns/${node}`)
  }

  remove(): void {
    this.#run(programPath('ip'), ['-all', 'netns', 'delete'])
  }

  #run(command: string, args: readonly string[]): void {
    const { status, stderr, error } = spawnSync(command, args, { cwd: this.#directory, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** `ip netns` keeps names under /run/netns: here in a file system that nobody outside of this benchmark sees. */
export function hideNames(): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount: ${stderr}`)
  mkdirSync('/run/netns')
}

/** A bridge for every network that has two cables, as our lab has them. */
function cables({ networks, nodes }: Topology): string[] {
  const ends = nodes.flatMap(({ name, interfaces }) =>
    Object.entries(interfaces).map(([dev, { network }]) => ({ node: name, dev, network })),
  )
  const shared = networks.filter(({ name }) => ends.filter(({ network }) => network === name).length > 1)
  const bridges = new Map(shared.map(({ name }, n) => [name, `switch${n}`]))
  return [
    ...[...bridges.values()].flatMap((bridge) => [
      `link add ${bridge} type bridge mcast_snooping 0`,
      `link set ${bridge} up`,
    ]),
    ...ends.flatMap(({ node, dev, network }, n) => {
      const bridge = bridges.get(network)
      return [
        `link add port${n} numtxqueues 1 numrxqueues 1 type veth peer name ${dev} numtxqueues 1 numrxqueues 1 netns ${node}`,
        `link set port${n} ${bridge === undefined ? '' : `master ${bridge} `}up`,
      ]
    }),
  ]
}

function configuration({ interfaces, routes }: NodePlan): string[] {
  return [
    'link set lo up',
    ...Object.entries(interfaces).flatMap(([dev, { addresses }]) => [
      `link set ${dev} up`,
      ...addresses.map((address) => `address add ${address} dev ${dev}`),
    ]),
    ...routes.map(({ to, via, dev }) => `route add ${to} ${via === undefined ? `dev ${dev}` : `via ${via}`}`),
  ]
}

function settings(forwarding: boolean): [name: string, value: number][] {
  return [
    ['ipv4/ip_forward', Number(forwarding)],
    ['ipv4/conf/all/rp_filter', 0],
    ['ipv4/conf/default/rp_filter', 0],
    ['ipv4/icmp_ratelimit', 0],
    ['ipv6/conf/all/disable_ipv6', 1],
    ['ipv6/conf/default/disable_ipv6', 1],
  ]
}

/** Those of the preset, which our lab sets, too. */
function timeouts(nat: string): [name: string, value: number][] {
  const { udp, udpStream, tcpEstablished, tcpTransitory, icmp } = presetNamed(nat).behaviour.timeouts
  const transitory = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close']
  return [
    ['udp_timeout', udp],
    ['udp_timeout_stream', udpStream],
    ['icmp_timeout', icmp],
    ['tcp_timeout_established', tcpEstablished],
    ...transitory.map((state): [string, number] => [`tcp_timeout_${state}`, tcpTransitory]),
  ].map(([name, value]) => [`netfilter/nf_conntrack_${name}`, value as number])
}
