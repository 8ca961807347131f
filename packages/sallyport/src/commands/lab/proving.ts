import type { Internet, Lab, LabRouter, Proof } from '@sallyport/lab'
import { say } from '../../failure.ts'

type Routers = NonNullable<Internet['routers']>

/** One batch of proofs: some hundred milliseconds. More than that is only done for who asks. */
const FEW = 8
/** Milliseconds to wait for a packet, when it is done a second time. */
const PATIENT = 1500

/**
 * Measures what the NATs of a lab do, and compares with what their words promise. `wanted` undefined: the routers that
 * have nothing but plain cables between them and the internet, if they are few, since loss and delay disturb the
 * measurement. On a busy machine a packet may be late: what is not as promised is measured again, with patience.
 */
export async function provenRouters(lab: Lab, wanted: boolean | undefined): Promise<Proof[]> {
  const { prove } = await import('@sallyport/lab')
  const plain = plainlyConnected(lab.internet.routers ?? {})
  const some = lab.routers.filter((router) => translates(router) && (wanted === true || plain.includes(router.name)))
  if (wanted === false || (wanted === undefined && some.length > FEW)) return []
  const proofs: Proof[] = []
  for (let first = 0; first < some.length; first += FEW)
    proofs.push(...(await Promise.all(some.slice(first, first + FEW).map((router) => prove(router)))))
  for (const [index, { ok }] of proofs.entries())
    if (!ok) proofs[index] = await prove(some[index]!, { within: PATIENT })
  return proofs
}

/** What is measured is the NAT of IPv4: a router of IPv6 alone has none. */
function translates({ plan: { interfaces } }: LabRouter): boolean {
  return [interfaces.wan, interfaces.lan].every((each) => each?.addresses.some((address) => !address.includes(':')))
}

function plainlyConnected(routers: Routers): string[] {
  return Object.entries(routers).flatMap(([name, { uplink = {}, routers: inner = {} }]) => {
    const plain = Object.keys(uplink).every((key) => key === 'mtu')
    return plain ? [name, ...plainlyConnected(inner)] : []
  })
}

/** Says on stderr which NATs are not what they should be, and which packets showed it. */
export async function sayUnproven(proofs: readonly Proof[]): Promise<void> {
  const { complaints } = await import('@sallyport/lab')
  for (const proof of proofs.filter(({ ok }) => !ok)) {
    say(`router '${proof.router}' does not do what '${proof.preset}' promises; --no-prove runs it as it is:`)
    for (const line of complaints(proof)) say(`  ${line}`)
  }
}

/** What was measured, in a line. */
export function provenWords(proofs: readonly Proof[]): string {
  return `Measured, and as promised: the NAT of ${proofs.map(({ router }) => router).join(', ')}.`
}
