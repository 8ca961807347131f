import type { Lab } from '../lab.ts'
import { installNat, type ResolvedNat, resolveNat } from '../nat/index.ts'
import type { LabRouter } from '../router.ts'
import { type ExamineOptions, examine } from './examine.ts'
import { expectation } from './expectation.ts'
import { compare, type Observed, type Proof } from './facts.ts'
import { Ground } from './ground.ts'

/**
 * Measures what a router's NAT does, from inside and outside with guests of its own, and compares with what its words
 * promise. The router ends as it was, but for what its NAT had learned: that is forgotten. Below one second.
 */
export async function prove(router: LabRouter, { within = 200 }: ExamineOptions = {}): Promise<Proof> {
  const start = performance.now()
  const nat = resolveNat(router.nat)
  const { external } = router
  await using ground = new Ground(router)
  const observed = await behindGuests(router, nat, ground, () =>
    examine({ ground, external, within, served: nat.dependsOnHosts ? 1 : 2, flush: () => router.flush() }),
  )
  await router.flush()
  const expected = nat.behaviour === undefined ? {} : expectation(nat.behaviour, { addresses: external.length })
  const rows = compare(expected, observed)
  const ms = Math.round(performance.now() - start)
  return { router: router.name, preset: nat.name, rows, ok: rows.every(({ ok }) => ok), ms }
}

/** Every router of a lab, some at a time. */
export async function proveAll(lab: Lab, options: ExamineOptions = {}): Promise<Proof[]> {
  const proofs: Proof[] = []
  const routers = [...lab.routers]
  while (routers.length > 0)
    proofs.push(...(await Promise.all(routers.splice(0, 8).map((each) => prove(each, options)))))
  return proofs
}

/** Rules that are about certain hosts are, for a while, about the guests. */
async function behindGuests(
  router: LabRouter,
  nat: ResolvedNat,
  { inside }: Ground,
  measure: () => Promise<Observed>,
): Promise<Observed> {
  if (!nat.dependsOnHosts) return await measure()
  const { site, namespace } = router
  installNat(nat, { ...site, hosts: inside.map(({ address }) => address) }, namespace)
  try {
    return await measure()
  } finally {
    installNat(nat, router.site, namespace)
  }
}
