import type { Hairpin, NatBehaviour, Seen, Sightings, Verdict } from '../measure/index.ts'
import { type Endpoint, type Mailbox, printEndpoint as text } from '../traffic/index.ts'
import type { Shown } from './facts.ts'

interface Addressed {
  readonly address: string
}

/** Where the four destinations saw one socket. */
export function sightingsShown(
  { address, box }: Addressed & { readonly box: Pick<Mailbox, 'local'> },
  { primary, otherPort, otherAddress, otherBoth }: Sightings,
  [one, two]: readonly [Addressed, Addressed],
): string {
  const seen = (endpoint: Endpoint | undefined): string => (endpoint ? text(endpoint) : 'nowhere')
  const first = `by ${one.address} from ${seen(primary)} and (its other port) ${seen(otherPort)}`
  const second = `by ${two.address} from ${seen(otherAddress)} and ${seen(otherBoth)}`
  return `${text({ address, port: box.local.port })} was seen ${first}, ${second}`
}

/** Which of the probes got in. */
export function filteringShown(
  filtering: Verdict,
  external: Endpoint,
  { stranger, unknown }: { readonly stranger: Endpoint; readonly unknown: Endpoint },
): string {
  const to = `to ${text(external)}`
  const strange = `${text(stranger)}, which nobody had written to,`
  const near = `${text(unknown)}, another port of an address that was written to,`
  if (filtering === 'blocked') return `not even packets ${to} from an endpoint that was written to got in`
  if (filtering === 'endpoint-independent') return `a packet ${to} from ${strange} got in`
  if (filtering === 'address-dependent') return `a packet ${to} from ${near} got in, none from ${strange} did`
  return `no packet ${to} from ${near} or from ${strange} got in`
}

export function hairpinShown(hairpin: Hairpin, from: Seen, to: Seen): string {
  const packet = `a packet from ${text(from.local)} (outside ${text(from.external)}) to ${text(to.external)}`
  if (hairpin === 'none') return `${packet} did not come to ${text(to.local)}`
  const sources: Readonly<Record<Exclude<Hairpin, 'none'>, string>> = {
    'external-source': 'its external endpoint',
    'internal-source': 'its endpoint inside',
    'other-source': 'neither of its endpoints',
  }
  return `${packet} came to ${text(to.local)} from ${sources[hairpin]}`
}

/** `source`: from where the prober saw the host afterwards. */
export function probeShown(
  probe: { readonly from: Endpoint; readonly to: readonly Endpoint[] },
  local: Endpoint,
  source: Endpoint | undefined,
): string {
  const early = `after a packet from ${text(probe.from)} to ${probe.to.map(text).join(', ')}`
  return `${early}, ${text(local)} was seen there from ${source ? text(source) : 'nowhere'}`
}

export function tcpShown(
  { local, external, mapping, filtering }: NatBehaviour,
  stranger: Addressed,
  [one, two]: readonly [Addressed, Addressed],
): Shown {
  const servers = `two ports of ${one.address} and of ${two.address}`
  const tried = `connections from ${local} to ${servers}`
  if (mapping === 'blocked') return { 'TCP mapping': `${tried} did not all open` }
  const seen = external === null ? 'did not all come from one endpoint' : `all came from ${external}`
  const asked = `SYNs from ${stranger.address}, and from ${one.address} by another port, to where ${local} was seen`
  return {
    'TCP mapping': `${tried} ${seen}`,
    'TCP filtering': `${asked}: ${letIn[filtering]}`,
  }
}

const letIn: Readonly<Record<Verdict, string>> = {
  'endpoint-independent': 'the first was let in',
  'address-dependent': 'the second was let in, the first was not',
  'address-and-port-dependent': 'neither was let in',
  blocked: 'neither was let in',
}
