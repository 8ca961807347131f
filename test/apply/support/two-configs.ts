import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@sallyport/router'
import type { House } from './house.ts'
import { comparable } from './listing.ts'

const texts = [
  `wan: eth0
lan: { eth1: 192.168.1.1/24 }
hosts: { alice: 192.168.1.100, bob: 192.168.1.101 }
nat: { filtering: endpoint-independent, protocols: [udp], hosts: [alice], takeover: 20s, limit: 8 }
forwards: [tcp/80 -> alice, 'tcp/81 -> alice:8081', udp/5000-5010 -> bob]
allow: [lan -> wan, wan -> router: [tcp/22]]
`,
  `wan: eth0
lan: { eth1: [192.168.1.1/24, '2001:db8:1::1/64'] }
hosts: { alice: 192.168.1.100, bob: 192.168.1.101 }
nat: { filtering: endpoint-independent, protocols: [udp, tcp], timeout: 2m, takeover: 40s, limit: none }
forwards: [tcp/80 -> bob, udp/5000-5005 -> bob]
allow: [lan -> wan: [tcp/80], lan -> router]
`,
] as const

const sysctls = [
  'net.ipv4.ip_forward',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.eth0.accept_ra',
  'net.netfilter.nf_conntrack_udp_timeout',
  'net.netfilter.nf_conntrack_udp_timeout_stream',
]

export const settings = ({ router }: House): string =>
  sysctls.map((name) => `${name} = ${router.sysctl(name)}`).join('\n')

/** All of what an apply changes in the kernel. */
export const state = async (house: House): Promise<string> => `${await comparable(house.router)}\n${settings(house)}`

/** Two configs that differ in rules, sets and settings, as files, and what each makes of an empty namespace. */
export async function twoConfigs(house: House): Promise<{
  readonly files: readonly [string, string]
  readonly configs: readonly ReturnType<typeof parseConfig>[]
  readonly states: readonly string[]
  readonly listings: readonly string[]
  readonly settings: readonly string[]
  [Symbol.dispose](): void
}> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    return file
  })
  const configs = texts.map((text) => parseConfig(text, { file: 'two.yaml' }))
  const states: string[] = []
  const listings: string[] = []
  const each: string[] = []
  for (const config of configs) {
    house.sallyport.apply(config)
    states.push(await state(house))
    listings.push(await comparable(house.router))
    each.push(settings(house))
    house.sallyport.down()
  }
  return {
    files: [files[0]!, files[1]!],
    configs,
    states,
    listings,
    settings: each,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
