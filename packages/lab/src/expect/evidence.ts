import { Conntrack } from '@sallyport/linux'
import { print } from '@sallyport/nftables'
import type { Capture } from '../capture/index.ts'
import type { Lab } from '../lab.ts'
import { resolveNat, rulesetOf } from '../nat/index.ts'
import { drawAscii, pictureOf } from '../picture/index.ts'
import type { LabRouter } from '../router.ts'
import { printFlow } from '../view/index.ts'

export interface EvidenceOptions {
  /** A capture of the lab that runs; its last packets are shown. */
  readonly capture?: Capture | undefined
  /** Lines of each part at most; default 40. */
  readonly most?: number
}

/** A lab as it is now, for people: topology with addresses, and of each router its rules and connections; last packets. */
export async function describeLab(lab: Lab, { capture, most = 40 }: EvidenceOptions = {}): Promise<string> {
  const parts: [title: string, text: string][] = [['topology', drawAscii(pictureOf(lab.internet, lab.topology))]]
  for (const router of lab.routers) {
    parts.push([`rules of ${router.name}`, rulesOfRouter(router)])
    parts.push([`connections of ${router.name}`, connectionsOf(router)])
  }
  if (capture !== undefined) {
    await capture.settled()
    parts.push(['last packets', capture.render({ count: most })])
  }
  return parts.map(([title, text]) => `--- ${title}\n${cut(text, most)}`).join('\n')
}

/**
 * Runs a test; when it fails, the lab as it is at that moment is added to the error's message.
 *
 * ```ts
 * await withEvidence(lab, async () => { … })
 * ```
 */
export async function withEvidence<T>(lab: Lab, test: () => Promise<T>, options: EvidenceOptions = {}): Promise<T> {
  try {
    return await test()
  } catch (error) {
    if (error instanceof Error) error.message += `\n${await evidence(lab, options)}`
    throw error
  }
}

/** The failure of the test matters more than one to describe it. */
async function evidence(lab: Lab, options: EvidenceOptions): Promise<string> {
  try {
    return await describeLab(lab, options)
  } catch (error) {
    return `(the lab could not be described: ${error instanceof Error ? error.message : error})`
  }
}

function rulesOfRouter(router: LabRouter): string {
  const nat = resolveNat(router.nat)
  const rules = rulesetOf(nat, router.site)
  return rules === undefined ? `(${nat.name})` : print(rules)
}

function connectionsOf(router: LabRouter): string {
  using conntrack = Conntrack.open({ namespace: router.namespace })
  const flows = conntrack.list().map(printFlow)
  return flows.length === 0 ? '(none)' : flows.join('\n')
}

function cut(text: string, most: number): string {
  const lines = text.trimEnd().split('\n')
  return lines.length <= most ? lines.join('\n') : [...lines.slice(0, most), `… ${lines.length - most} more`].join('\n')
}
