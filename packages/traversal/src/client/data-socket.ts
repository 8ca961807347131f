import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { DataConnection, type LongTermSession } from '../turn/client/index.ts'

/**
 * Makes a connection to the server one to a peer (ConnectionBind, RFC 6062). What the peer said already can be read from
 * the socket like what it says later. Throws TurnError when the server refuses; the socket is closed then.
 */
export async function joinPeer(socket: Socket, id: number, session: LongTermSession): Promise<Socket> {
  const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
  const connection = new DataConnection({ id, session, random }, performance.now())
  const done = Promise.withResolvers<void>()
  const step = (): void => {
    for (const piece of connection.poll(performance.now())) socket.write(piece)
    if (connection.state === 'joined') done.resolve()
    else if (connection.state === 'failed') done.reject(connection.error)
  }
  // Read, not listened to: a socket that was paused stays so, and who gets it would wait for ever.
  const data = (): void => {
    while (connection.state === 'joining') {
      const bytes: Uint8Array | null = socket.read()
      if (bytes === null) break
      connection.push(bytes, performance.now())
    }
    step()
  }
  const end = (): void => {
    connection.disconnected()
    step()
  }
  socket.on('readable', data).on('error', end).on('close', end)
  const timer = setInterval(step, 1000) // it gives up in time
  step()
  try {
    await done.promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearInterval(timer)
    socket.off('readable', data).off('error', end).off('close', end)
  }
  if (connection.rest.length > 0) socket.unshift(connection.rest)
  return socket
}
