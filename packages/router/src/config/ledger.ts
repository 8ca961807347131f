import type { Forward, Host, Position, ProtocolPorts } from './config.ts'
import { describePlace, laterFirst } from './place.ts'
import { formatPorts, PortIndex } from './ports.ts'
import type { Problems } from './problems.ts'

/** Ports of the WAN address that a line of the file speaks of. */
export interface Claim extends ProtocolPorts {
  readonly position: Position
  /** As it was written. */
  readonly text: string
}

interface OwnedClaim extends Claim {
  readonly host: Host
}

/** Everything that wants ports of the WAN address. */
export interface Ledger {
  readonly hosts: readonly Host[]
  readonly forwards: readonly Forward[]
  readonly reserved: readonly Claim[]
  /** `wan -> router`. */
  readonly served: readonly Claim[]
}

/** Every port has one owner: reports forwards and owned ports that meet each other, reserved ports or the router's own. */
export function checkPorts({ hosts, forwards, reserved, served }: Ledger, problems: Problems): void {
  const owned = hosts.flatMap((host) => host.owns.map((ports) => ({ ...ports, text: formatPorts(ports), host })))
  for (const pair of new PortIndex(forwards).collisions()) reportForwards(laterFirst(pair, forwards), problems)
  for (const pair of new PortIndex(owned).collisions()) reportOwned(laterFirst(pair, owned), problems)
  checkOwners(forwards, owned, problems)
  const wanted = [...forwards, ...owned]
  checkReserved(wanted, new PortIndex(reserved), problems)
  checkServed(wanted, new PortIndex(served), problems)
}

function reportForwards([later, earlier]: [Forward, Forward], problems: Problems): void {
  const problem = `${formatPorts(later)} overlaps ${formatPorts(earlier)}, which is forwarded to ${earlier.host.name} already`
  problems.add(later.position, {
    problem: `${problem} (${describePlace(earlier.position)})`,
    hint: 'forward each port once',
    text: later.text,
  })
}

function reportOwned([later, earlier]: [OwnedClaim, OwnedClaim], problems: Problems): void {
  const problem = `${formatPorts(later)} overlaps ${formatPorts(earlier)}, which ${earlier.host.name} owns already`
  problems.add(later.position, {
    problem: `${problem} (${describePlace(earlier.position)})`,
    hint: 'let one host own each port',
    text: later.text,
  })
}

function checkOwners(forwards: readonly Forward[], owned: readonly OwnedClaim[], problems: Problems): void {
  const index = new PortIndex(owned)
  for (const forward of forwards) {
    const owner = index.find(forward)
    if (owner === undefined) continue
    const same = owner.host.address === forward.host.address
    problems.add(forward.position, {
      problem: `${formatPorts(forward)} meets ${owner.text}, which ${owner.host.name} owns (${describePlace(owner.position)})`,
      hint: same
        ? 'remove the forward: what a host owns is forwarded to it'
        : 'forward another port, or let nobody own it',
      text: forward.text,
    })
  }
}

function checkReserved(wanted: readonly Claim[], reserved: PortIndex<Claim>, problems: Problems): void {
  for (const claim of wanted) {
    const found = reserved.find(claim)
    if (found === undefined) continue
    problems.add(claim.position, {
      problem: `${formatPorts(claim)} meets ${found.text}, which is reserved (${describePlace(found.position)})`,
      hint: 'take it out of nat.reserved: no outbound packet opens a forwarded or owned port anyway',
      text: claim.text,
    })
  }
}

function checkServed(wanted: readonly Claim[], served: PortIndex<Claim>, problems: Problems): void {
  for (const claim of wanted) {
    const found = served.find(claim)
    if (found === undefined) continue
    problems.add(claim.position, {
      problem: `${formatPorts(claim)} meets ${found.text}, which the router serves (${describePlace(found.position)})`,
      hint: 'forward another port, or take it out of "wan -> router": it would never arrive there',
      text: claim.text,
    })
  }
}
