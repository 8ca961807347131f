import type { Doorman } from '../traffic/doorman.ts'
import { type Endpoint, sameEndpoint } from '../traffic/endpoint.ts'
import { type Mailbox, NoAnswer, type Patience } from '../traffic/mailbox.ts'
import { type Reflector, report } from '../traffic/reflector.ts'

/** A node that can be a rendezvous; those of the lab are. */
export interface RendezvousNode {
  readonly name: string
  reflector(options: { readonly port: number }): Promise<Reflector>
  doorman(options: { readonly port: number }): Promise<Doorman>
}

/** Servers on two addresses that tell peers where they are seen; peers are introduced to each other by the first one. */
export interface Rendezvous extends AsyncDisposable {
  readonly first: Reflector
  readonly second: Reflector
  /** The same over TCP. */
  readonly doors: readonly [Doorman, Doorman]
}

/** STUN's port. */
export const rendezvousPort = 3478

/** Opens a rendezvous on two nodes that everybody reaches. */
export async function openRendezvous(one: RendezvousNode, two: RendezvousNode): Promise<Rendezvous> {
  const first = await one.reflector({ port: rendezvousPort })
  const second = await two.reflector({ port: rendezvousPort })
  const doors = [await one.doorman({ port: rendezvousPort }), await two.doorman({ port: rendezvousPort })] as const
  const close = async (): Promise<void> => {
    await Promise.all([first, second, ...doors].map((each) => each.close()))
  }
  return { first, second, doors, [Symbol.asyncDispose]: close }
}

/** How the rendezvous sees a peer. */
export interface Registration {
  /** What the peer is told to be: where the first server saw it. Undefined: it was not reached. */
  readonly advertised: Endpoint | undefined
  /** Where the second one, at another address, saw it. */
  readonly elsewhere: Endpoint | undefined
  /** Both saw the same: what is advertised may well be what the peer will see. */
  readonly same: boolean
}

const patient: Patience = { attempts: 6, interval: 50 }

/** Lets a peer ask both servers from the socket that it is going to punch with. */
export function register(peer: Mailbox, { first, second }: Rendezvous): Promise<Registration> {
  return registered([first, second], (server) => seenAt(peer, server))
}

/** Registers with both servers, whatever the protocol. */
export async function registered<S>(
  [first, second]: readonly [S, S],
  seenAt: (server: S) => Promise<Endpoint | undefined>,
): Promise<Registration> {
  const advertised = await seenAt(first)
  const elsewhere = advertised && (await seenAt(second))
  const same = advertised !== undefined && elsewhere !== undefined && sameEndpoint(advertised, elsewhere)
  return { advertised, elsewhere, same }
}

/** Whether a server answers at all. */
export async function answers(asking: Mailbox, server: Reflector): Promise<boolean> {
  return (await seenAt(asking, server)) !== undefined
}

async function seenAt(peer: Mailbox, server: Reflector): Promise<Endpoint | undefined> {
  try {
    return (await report(peer, server.endpoint, patient)).source
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}
