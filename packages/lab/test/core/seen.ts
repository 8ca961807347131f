import type { LabNode } from '../../src/node.ts'
import { report } from '../../src/traffic/index.ts'

/** From where a server sees a datagram that a host sends; of the family of the server's `address`. */
export async function seenFrom(
  host: LabNode,
  server: LabNode,
  { address = server.address, port = 4000 }: { readonly address?: string; readonly port?: number } = {},
): Promise<{ address: string; port: number }> {
  await using reflector = await server.reflector({ port: 3478, address })
  await using box = await host.mailbox({ port, address: address.includes(':') ? '::' : '0.0.0.0' })
  return { ...(await report(box, reflector.endpoint)).source }
}

/**
 * Does anything that a host sends arrive at a server's port? `patience` in milliseconds: a kernel that has asked for a
 * hardware address in vain asks again after a second.
 */
export async function arrives(
  host: LabNode,
  server: LabNode,
  address: string = server.address,
  patience = 150,
): Promise<boolean> {
  const any = address.includes(':') ? '::' : '0.0.0.0'
  await using listening = await server.mailbox({ port: 5000, address: any })
  await using box = await host.mailbox({ address: any })
  try {
    await box.send('knock', { address, port: 5000 })
    await listening.receive({ within: patience })
    return true
  } catch (error) {
    if (error instanceof Error && /ENETUNREACH|EHOSTUNREACH|within|nothing/i.test(error.message)) return false
    throw error
  }
}
