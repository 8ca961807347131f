import { readFile } from 'node:fs/promises'
import type { Lab } from '@sallyport/lab'
import { say } from '../../failure.ts'

/**
 * Says on stderr which nft files translate on an interface that their router does not have: nft takes any name, and
 * then there is no NAT, and no error.
 */
export async function sayForeignNames(lab: Lab): Promise<void> {
  const { guessInterfaces } = await import('@sallyport/lab')
  for (const { name, nat, plan } of lab.routers) {
    if (typeof nat === 'string' || !('nft' in nat)) continue
    const { wan } = guessInterfaces(await readFile(nat.nft, 'utf8'))
    const own = Object.keys(plan.interfaces)
    if (wan === undefined || own.includes(wan)) continue
    say(
      `router '${name}' has no interface ${wan}, on which ${nat.nft} translates: it has ${own.join(' and ')}, in the file $wan and $lan`,
    )
  }
}
