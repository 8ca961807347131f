import { Lab } from '../../src/lab.ts'
import type { NatOptions } from '../../src/nat/index.ts'
import type { LabNode } from '../../src/node.ts'
import { openRendezvous, type Rendezvous } from '../../src/punch/rendezvous.ts'

/** Two hosts behind two routers, and a rendezvous. */
export interface Internet extends AsyncDisposable {
  readonly a: LabNode
  readonly b: LabNode
  readonly rendezvous: Rendezvous
  readonly lab: Lab
}

export async function internet(natA: NatOptions, natB: NatOptions): Promise<Internet> {
  const lab = await Lab.create()
  const rendezvous = await openRendezvous(lab.server('one'), lab.server('two'))
  const a = lab.router('home-a', { nat: natA }).host('a')
  const b = lab.router('home-b', { nat: natB }).host('b')
  await lab.ready()
  return { a, b, rendezvous, lab, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() }
}
