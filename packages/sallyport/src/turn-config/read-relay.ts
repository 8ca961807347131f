import { isMap, type Node } from '@sallyport/router/document'
import type { Draft, Placed, RelayEntry } from './draft.ts'
import { addressOf, portRangeOf } from './quantities.ts'
import type { Reader } from './reader.ts'

const ADDRESS = 'write an IP address of this machine: 192.0.2.1'
const KEYS = ['address', 'external', 'ports', 'tcp']

/**
 * `relay`: an address, a list of them, or a map of `address`, `external`, `ports` and `tcp`; each address may be a map of
 * `address` and `external` itself.
 */
export function readRelays(reader: Reader, node: Node | undefined): Pick<Draft, 'relays' | 'externals' | 'ports'> {
  if (node === undefined || !isMap(node)) return { relays: addresses(reader, node), externals: [], ports: {} }
  reader.map(node, KEYS, 'such as "relay: { address: 10.0.0.5, external: 192.0.2.1 }"')
  const range = node.get('ports')
  return {
    relays: addresses(reader, node.get('address')),
    externals: reader
      .list(node.get('external'))
      .flatMap((item) => placed(item, reader.parsed(item, ADDRESS, addressOf))),
    ports: range === undefined ? {} : ports(reader, range),
  }
}

function addresses(reader: Reader, node: Node | undefined): Placed<RelayEntry>[] {
  return reader.list(node).flatMap((item) => {
    if (!isMap(item)) return placed(item, asEntry(reader.parsed(item, ADDRESS, addressOf)))
    reader.map(item, ['address', 'external'], 'such as "{ address: 10.0.0.5, external: 192.0.2.1 }"')
    const address = reader.parsed(item.get('address'), ADDRESS, addressOf)
    const external = reader.parsed(item.get('external'), ADDRESS, addressOf)
    if (!item.entries.has('address')) reader.wrong(item, 'the address is missing', ADDRESS)
    return placed(item, asEntry(address, external))
  })
}

function asEntry(address: string | undefined, external?: string): RelayEntry | undefined {
  if (address === undefined) return undefined
  return external === undefined ? { address } : { address, external }
}

/** A range, or (from the command line) its two ends, of which one may be missing. */
function ports(reader: Reader, node: Node): Draft['ports'] {
  if (!isMap(node)) return reader.parsed(node, 'write two ports: 49152-65535', portRangeOf) ?? {}
  reader.map(node, ['min', 'max'], 'such as "ports: 49152-65535"')
  const [min, max] = ['min', 'max'].map((end) => reader.number(node.get(end), [1, 65_535]))
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

function placed<T>(node: Node, value: T | undefined): Placed<T>[] {
  return value === undefined ? [] : [{ value, node }]
}
