import { Lab } from '../../src/lab.ts'
import type { NatOptions } from '../../src/nat/index.ts'
import type { LabNode } from '../../src/node.ts'
import type { LabRouter } from '../../src/router.ts'
import { type Endpoint, type Mailbox, type Reflector, report } from '../../src/traffic/index.ts'

/** Two hosts behind a router with some NAT; two servers and a stranger, who is never written to, outside. */
export interface House extends AsyncDisposable {
  readonly lab: Lab
  readonly router: LabRouter
  readonly hosts: readonly [LabNode, LabNode]
  readonly servers: readonly [Reflector, Reflector]
  readonly stranger: Mailbox
}

export async function behind(nat: NatOptions, { addresses = 1 }: { addresses?: number } = {}): Promise<House> {
  const lab = await Lab.create()
  const router = lab.router('router', { nat, addresses })
  const hosts = [router.host('one'), router.host('two')] as const
  const servers = [
    await lab.server('server-1').reflector({ port: 3478 }),
    await lab.server('server-2').reflector({ port: 3478 }),
  ] as const
  const stranger = await lab.server('stranger').mailbox({ port: 7000 })
  return { lab, router, hosts, servers, stranger, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() }
}

/** Where the server sees the socket come from. */
export async function seen(box: Mailbox, server: Reflector): Promise<Endpoint> {
  return (await report(box, server.endpoint, { attempts: 3, interval: 150 })).source
}

/** Does one packet from `from` arrive? Silence is believed after 60 ms. */
export async function arrives(from: Mailbox, to: Endpoint, box: Mailbox): Promise<boolean> {
  const text = `packet ${Math.random()}`
  await from.send(text, to)
  return (await box.tryReceive({ text, within: 60 })) !== undefined
}
