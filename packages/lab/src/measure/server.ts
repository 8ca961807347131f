import type { Mailbox } from '../traffic/mailbox.ts'
import type { Reflector } from '../traffic/reflector.ts'

/** What a measurement needs of one server: RFC 5780's two ports, and one that hosts never write to. */
export interface MeasuringServer extends AsyncDisposable {
  readonly first: Reflector
  readonly second: Reflector
  /** Sends only: nothing may ever be sent to it, or it is no test of filtering any more. */
  readonly unknown: Mailbox
}

/** A host that can open mailboxes; a node of the lab is one. */
export interface Opener {
  readonly name: string
  reflector(options: { readonly port: number }): Promise<Reflector>
  mailbox(options?: { readonly port?: number }): Promise<Mailbox>
}

/** Opens a server for measurements on a node; default ports 3478 and 3479, as STUN's. */
export async function openServer(
  node: Opener,
  ports: readonly [number, number] = [3478, 3479],
): Promise<MeasuringServer> {
  const first = await node.reflector({ port: ports[0] })
  const second = await node.reflector({ port: ports[1] })
  const unknown = await node.mailbox()
  const close = async (): Promise<void> => void (await Promise.all([first, second, unknown].map((box) => box.close())))
  return { first, second, unknown, [Symbol.asyncDispose]: close }
}
