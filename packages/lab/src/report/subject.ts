import { type Config, Router } from '@sallyport/router'
import { installNat, type NatOptions, resolveNat, type Site } from '../nat/index.ts'
import type { LabNode } from '../node.ts'
import { guessInterfaces } from './guess.ts'
import { checkedWiring, hostsOf, plainWiring, type Wiring, wiringOf } from './rig/wiring.ts'

/** What a report is about: a NAT of the lab, a config of our router, or a file for the nft program. */
export type Subject = (
  | { readonly kind: 'nat'; readonly name: string; readonly nat: NatOptions }
  | { readonly kind: 'config'; readonly name: string; readonly config: Config }
  | NftSubject
) & {
  /** Kernel settings of the router that belong to it, `net.netfilter.nf_conntrack_icmp_timeout` → 60; set before its rules. */
  readonly sysctls?: Readonly<Record<string, string | number>>
  /** External addresses that it has in every check, 1 or 2; default 1. A NAT that gives each host one needs 2. */
  readonly addresses?: number
}

export interface NftSubject extends NftWiring {
  readonly kind: 'nft'
  /** Path of the file. */
  readonly file: string
  /** What is in it. */
  readonly text: string
}

/** What the rules of a file expect around them; what is absent is guessed from the text. */
export interface NftWiring {
  /** Interface towards the internet; default: the one that is masqueraded, else 'wan'. */
  readonly wan?: string
  /** Interface of the LAN; default: another one that the file names, else 'lan'. */
  readonly lan?: string
  /** The router's WAN address with prefix length; default 203.0.113.1/24. */
  readonly wanAddress?: string
  /** The router's LAN address with prefix length; default 192.168.1.1/24. */
  readonly lanAddress?: string
}

export function nameOf(subject: Subject): string {
  return subject.kind === 'nft' ? subject.file : subject.name
}

/** Throws WiringError for names and addresses that no router can have. */
export function wiringFor(subject: Subject): Wiring {
  return checkedWiring(wantedWiring(subject))
}

function wantedWiring(subject: Subject): Wiring {
  if (subject.kind === 'config') return wiringOf(subject.config)
  if (subject.kind === 'nat') return plainWiring
  const guessed = guessInterfaces(subject.text)
  const { wan = guessed.wan ?? 'wan', lan = guessed.lan ?? 'lan' } = subject
  const { wanAddress = plainWiring.external, lanAddress = '192.168.1.1/24' } = subject
  return { wan: [wan], lan: { [lan]: [lanAddress] }, external: wanAddress, hosts: hostsOf(lanAddress) }
}

/**
 * Puts the subject into a router, which forwards already; also once more, which is what a reload does. Throws NatError
 * with what nft says about a file that it refuses.
 */
export function install(subject: Subject, router: LabNode, site: Site): void {
  for (const [name, value] of Object.entries(subject.sysctls ?? {})) router.sysctl(name, value)
  if (subject.kind === 'config') applyConfig(subject.config, router)
  else installNat(resolveNat(subject.kind === 'nat' ? subject.nat : { nft: subject.file }), site, router.namespace)
}

function applyConfig(config: Config, { namespace }: LabNode): void {
  using router = Router.open({ namespace })
  router.apply(config)
}
