import type { Conntrack } from '@sallyport/linux'
import type { KernelElement, Nftables } from '@sallyport/nftables'
import { readForward, readOpenPort, readPorts, TABLE } from '../compile/index.ts'

export interface ForwardStatus {
  /** `tcp/6881`, `udp/30000-30099` */
  readonly port: string
  /** `192.168.1.100:2345`; a range that keeps its ports: the address alone. */
  readonly to: string
  /** Both directions. */
  readonly packets: bigint
  readonly bytes: bigint
}

export interface OpenPortStatus {
  readonly protocol: 'tcp' | 'udp'
  /** External port. */
  readonly external: number
  /** `192.168.1.11:50000` */
  readonly internal: string
  /** Seconds without a packet until it is gone. */
  readonly expires: number
}

export interface Status {
  /** Is our table there at all? */
  readonly active: boolean
  readonly forwards: readonly ForwardStatus[]
  readonly mappings: readonly OpenPortStatus[]
  readonly conntrack: { readonly count: number; readonly max: number | undefined }
  /** First packets that were dropped because two hosts wanted one port at the same moment. */
  readonly refused: bigint
}

/** What the kernel knows about our router. */
export function readStatus(nftables: Nftables, conntrack: Conntrack): Status {
  const { tables, sets, objects } = nftables.snapshot(TABLE, { elements: ({ name }) => shown.has(name) })
  const elements = (name: string): readonly KernelElement[] => sets.find((set) => set.name === name)?.elements ?? []
  const targets = new Map(
    [...elements('forwards'), ...elements('forward_ranges')].map((each) => [portName(each), targetName(each)]),
  )
  const refused = objects.find(({ name }) => name === 'refused')?.data
  return {
    active: tables.length > 0,
    forwards: [...elements('forwarded'), ...elements('forwarded_ranges')].map((element) =>
      forwardStatus(element, targets),
    ),
    mappings: elements('known').flatMap(openPortStatus).sort(byPort),
    conntrack: conntrack.stats(),
    refused: refused?.expr === 'counter' ? (refused.packets ?? 0n) : 0n,
  }
}

const shown = new Set(['forwards', 'forward_ranges', 'forwarded', 'forwarded_ranges', 'known'])

function portName(element: KernelElement): string {
  const ports = readPorts(element)
  if (ports === undefined) return '?'
  return `${ports.protocol}/${ports.from === ports.to ? ports.from : `${ports.from}-${ports.to}`}`
}

function targetName(element: KernelElement): string {
  const forward = readForward(element)
  return forward === undefined
    ? '?'
    : forward.port === undefined
      ? forward.address
      : `${forward.address}:${forward.port}`
}

function forwardStatus(element: KernelElement, targets: ReadonlyMap<string, string>): ForwardStatus {
  const port = portName(element)
  const count = element.expressions?.find((expression) => expression.expr === 'counter')
  return { port, to: targets.get(port) ?? 'several ports', packets: count?.packets ?? 0n, bytes: count?.bytes ?? 0n }
}

function openPortStatus(element: KernelElement): OpenPortStatus[] {
  const port = readOpenPort(element)
  if (port === undefined) return []
  const { protocol, external, address } = port
  const expires = Math.ceil(Number(element.expiration ?? 0n) / 1000)
  return [{ protocol, external, internal: `${address}:${port.port}`, expires }]
}

/** The kernel lists them in the order of a hash. */
function byPort(a: OpenPortStatus, b: OpenPortStatus): number {
  return a.protocol.localeCompare(b.protocol) || a.external - b.external
}
