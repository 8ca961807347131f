import { once } from 'node:events'
import type { Socket } from 'node:net'
import { tcpConnect, tcpListen, UdpBatch } from '@sallyport/linux'
import { ADDRESS, type Span } from './span.ts'

/** Sends datagrams of 1472 bytes as fast as `bits` a second for `ms`, and says how many bits a second of IP arrived. */
export async function udpRate(span: Span, bits: number, ms: number): Promise<number> {
  using from = UdpBatch.open({ namespace: span.a, buffer: 4 << 20 })
  using to = UdpBatch.open({ namespace: span.b, address: ADDRESS.b, buffer: 4 << 20 })
  const datagram = { to: { address: ADDRESS.b, port: to.port }, payload: new Uint8Array(1472) }
  const one = UdpBatch.prepare([datagram])
  const [start, each] = [performance.now(), (1500 * 8000) / bits]
  let [sent, first, last, came] = [0, 0, 0, 0]
  for (let now = start; now < start + ms; now = performance.now()) {
    for (; sent * each < now - start; sent += 1) from.send(one)
    const count = to.receive()
    if (count > 0) [first, last, came] = [first || now, now, came + (first === 0 ? 0 : count)]
    await new Promise((resolve) => setImmediate(resolve))
  }
  return (came * 1500 * 8000) / (last - first)
}

/** Bits of payload a second that TCP carries from a to b, with sockets of Node at both ends. */
export async function tcpRate(span: Span, bytes: number, address: string = ADDRESS.b): Promise<number> {
  const server = await tcpListen({ namespace: span.b, address, port: 80 })
  span.defer(() => server.close())
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = await tcpConnect({ namespace: span.a, to: { address, port: 80 } })
  const [served] = await accepted
  const start = performance.now()
  write(client, bytes)
  let came = 0
  served.on('data', ({ length }) => {
    came += length
  })
  await once(served, 'end')
  if (came !== bytes) throw new Error(`${came} of ${bytes} bytes arrived`)
  const rate = (bytes * 8000) / (performance.now() - start)
  client.destroy()
  served.destroy()
  server.close()
  return rate
}

function write(socket: Socket, bytes: number): void {
  const chunk = Buffer.alloc(256 << 10, 'x')
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      const size = Math.min(left, chunk.length)
      left -= size
      if (!socket.write(chunk.subarray(0, size))) return void socket.once('drain', more)
    }
    socket.end()
  }
  more()
}
