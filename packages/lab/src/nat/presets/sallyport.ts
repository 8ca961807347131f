import { formatIp, parsePrefix } from '@sallyport/linux'
import { type Config, checkConfig } from '@sallyport/router'
import { behaviour } from '../behaviour.ts'
import type { Preset, Site } from '../preset.ts'

export const sallyport: Preset = {
  name: 'sallyport',
  title: "our router's own rules, full cone for UDP and TCP",
  devices: ['sallyport apply, with filtering: endpoint-independent'],
  behaviour: behaviour({ filtering: 'endpoint-independent' }),
  config,
}

/** The config of a site: its router has the first address of each inside prefix. */
function config({ wan, lan, inside }: Site): Config {
  const interfaces = lan.map((name, index) => [name, routerAddress(inside[index] ?? inside[0]!)])
  const nat = { mapping: 'endpoint-independent', filtering: 'endpoint-independent', protocols: ['udp', 'tcp'] }
  return checkConfig({ wan, lan: Object.fromEntries(interfaces), nat }, { file: 'preset sallyport' })
}

/** '192.168.1.0/24' → '192.168.1.1/24'. */
function routerAddress(prefix: string): string {
  const { bytes, length } = parsePrefix(prefix)
  const address = Uint8Array.from(bytes)
  address[address.length - 1]! |= 1
  return `${formatIp(address)}/${length}`
}
