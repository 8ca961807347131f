import type { NetworkNamespace } from '@sallyport/linux'
import { type Config, type Forward, Router } from '@sallyport/router'
import type { NatBehaviour } from '../measure/nat.ts'
import { type Knock, knock } from '../measure/silence.ts'
import { load } from '../nat/load.ts'
import { portTriggering } from '../nat/presets/port-triggering.ts'
import type { Report } from '../traffic/report.ts'
import { measureConsoles } from './consoles.ts'
import { type Fact, fact } from './fact.ts'
import { type ForwardRow, measureForwards, measureHairpin, place, singleTcp } from './forwards.ts'
import { House, internet } from './house.ts'

/** What the demo runs with. */
export interface DemoOptions {
  /** The house: its interfaces, hosts and forwards. Two or more hosts have names that begin with 'switch-'. */
  readonly config: Config
  /** Makes a router of the namespace, by the config. Default: Sallyport's. */
  readonly applyRouter?: (config: Config, options: { readonly namespace: NetworkNamespace }) => unknown
  /** Told what is being done, for a person who waits. */
  readonly progress?: (step: string) => void
}

/** Everything that the demo measured. */
export interface DemoResult {
  /** Behind our router. */
  readonly nat: readonly NatBehaviour[]
  readonly forwards: readonly ForwardRow[]
  /** The same house behind the published port triggering rules. */
  readonly beside: { readonly name: string; readonly nat: readonly NatBehaviour[] }
  /** What was expected and what was seen. */
  readonly facts: readonly Fact[]
  /** Every expected fact was observed. */
  readonly ok: boolean
  readonly ms: number
}

/** The local UDP port of every console; and of every console once more, for the harder measurement. */
const ports = { together: 50000, crossed: 50001 } as const

/** A port that nobody forwards, and that the router must not answer on. */
const closed = { address: internet.router, port: 23 } as const

/** Builds the house twice and measures both by the same code: every fact of the result was observed just now. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const start = performance.now()
  const ours = await behindSallyport(options)
  const beside = await behindPortTriggering(options)
  const facts = [...consoleFacts(ours), ...forwardFacts(ours), ...besideFacts(beside.nat)]
  const { nat, forwards } = ours
  return { nat, forwards, beside, facts, ok: facts.every(({ ok }) => ok), ms: Math.round(performance.now() - start) }
}

interface Measured {
  readonly nat: NatBehaviour[]
  /** The same consoles on another port, each beginning at another server. */
  readonly crossed: NatBehaviour[]
  readonly forwards: ForwardRow[]
  readonly hairpin: { readonly forward: Forward; readonly seen: Report | undefined } | undefined
  readonly telnet: Knock
}

async function behindSallyport({ config, applyRouter = ownRouter, progress }: DemoOptions): Promise<Measured> {
  const consoles = consolesOf(config)
  progress?.('building a house and an internet')
  await using house = await House.build(config)
  await applyRouter(config, { namespace: house.router.namespace })
  progress?.(`measuring ${consoles.length} consoles behind Sallyport`)
  const nat = await measureConsoles(house, { consoles, port: ports.together, hairpin: true })
  const crossed = await measureConsoles(house, { consoles, port: ports.crossed, crossed: true })
  progress?.('measuring forwards')
  const forwards = await measureForwards(house)
  const forward = singleTcp(config)
  const hairpin = forward && { forward, seen: await measureHairpin(house, consoles[0]!, forward) }
  const telnet = await knock({ from: house.stranger, to: closed, protocol: 'tcp' })
  return { nat, crossed, forwards, hairpin, telnet }
}

function ownRouter(config: Config, options: { readonly namespace: NetworkNamespace }): void {
  using router = Router.open(options)
  router.apply(config)
}

async function behindPortTriggering({ config, progress }: DemoOptions): Promise<DemoResult['beside']> {
  progress?.('measuring the same consoles behind port triggering')
  await using house = await House.build(config)
  const { wan, lan, forwards } = config
  const { network, prefix } = lan[0]!.addresses[0]!
  const hosts = forwards.map(({ host, from, to }) => ({ address: host.address, ports: [`${from}-${to}` as const] }))
  house.router.sysctl('net.ipv4.ip_forward', 1)
  load(portTriggering({ wan: wan[0]!.name, inside: `${network}/${prefix}`, hosts }), house.router.namespace)
  const nat = await measureConsoles(house, { consoles: consolesOf(config), port: ports.together })
  return { name: 'port-triggering', nat }
}

function consolesOf({ file, hosts }: Config): string[] {
  const names = hosts.map(({ name }) => name).filter((name) => name.startsWith('switch-'))
  if (names.length < 2)
    throw new RangeError(`${file}: the demo needs two or more hosts whose names begin with 'switch-'`)
  return names
}

function consoleFacts({ nat, crossed }: Measured): Fact[] {
  const externals = new Set(nat.flatMap(({ external }) => external ?? []))
  return [
    ...nat.flatMap(({ host, mapping, filtering, hairpin }) => [
      fact(`${host}: mapping, towards two servers with two ports each`, 'endpoint-independent', mapping),
      fact(
        `${host}: filtering, tried by servers and by a stranger it never contacted`,
        'endpoint-independent',
        filtering,
      ),
      fact(
        `${host}: hairpin to the external port of the next console, source seen`,
        'external-source',
        hairpin ?? 'none',
      ),
    ]),
    fact('consoles with an external port of their own', `${nat.length}`, `${externals.size}`),
    ...crossed.map(({ host, grade }) => fact(`${host}: grade when each console begins at another server`, 'A', grade)),
  ]
}

function forwardFacts({ forwards, hairpin, telnet }: Measured): Fact[] {
  return [
    ...forwards.map(({ port, to, ports, arrived }) =>
      fact(`${port} from the internet: ports that arrive at ${to}`, `${ports}`, `${arrived}`),
    ),
    ...(hairpin === undefined ? [] : hairpinFacts(hairpin)),
    fact(`tcp/${closed.port} from the internet`, 'silent', telnet),
  ]
}

function hairpinFacts({ forward, seen }: NonNullable<Measured['hairpin']>): Fact[] {
  const port = `tcp/${forward.from}`
  return [
    fact(`${port} at the WAN address, from a console`, `${forward.host.name}:${forward.target.from}`, place(seen)),
    fact(`${port} at the WAN address, from a console: source`, internet.router, seen?.source.address ?? 'none'),
  ]
}

function besideFacts(nat: readonly NatBehaviour[]): Fact[] {
  const { host, grade } = nat[1]!
  return [fact(`behind port triggering, ${host}, the second on its port`, 'not A', grade, (seen) => seen !== 'A')]
}
