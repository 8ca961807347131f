import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Attachment, Lab, type LabNode } from '@sallyport/lab'
import type { Benchmark, Contestant, Context, Result } from './harness.ts'

const MEBIBYTE = 1 << 20
const CHUNK = Buffer.alloc(256 << 10, 'x')
/** The least that is of use to who tests a program that moves files, in bits a second. */
const ENOUGH = 400e6

const benchmark: Benchmark = {
  name: 'wire',
  claim: 'TCP between sockets of Node over a link with a delay gets 400 Mbit/s, and a tenth of what plain veth gets',
  async run(context) {
    await using lab = await Lab.create()
    const net = lab.network('net')
    let hosts = 0
    const host = (link?: Attachment['link']): LabNode => {
      hosts += 1
      const attachment = net.at(`10.0.0.${hosts}/24`)
      return lab.node(`host${hosts}`, { eth0: link === undefined ? attachment : { ...attachment, link } })
    }
    const server = host()
    const [plain, delayed, counted] = [host(), host({ delay: 0.01 }), host({ loss: { every: 1e9 } })]
    await lab.ready()
    const theirs = transfer(context, plain, server, 256)
    return [
      await compare(context, 'several segments at once', 0.1, transfer(context, delayed, server, 128), theirs),
      // What chance is to decide on, one by one, comes one by one; plain veth pays as much for that. For information.
      await compare(context, 'frame by frame', 0, transfer(context, counted, server, 32), theirs),
    ]
  },
}
export default benchmark

/** The claim has an absolute part: the fastest round has to be fast enough, whatever veth does. */
async function compare(
  context: Context,
  name: string,
  goal: number,
  our: Contestant,
  theirs: Contestant,
): Promise<Result> {
  let fastest = 0
  const ours = async (): Promise<number> => {
    const rate = await our()
    fastest = Math.max(fastest, rate)
    return rate
  }
  const result = await context.compare({ case: name, peer: 'plain veth', goal, ours, theirs })
  context.log(`${name}: ${(fastest / 1e6).toFixed(0)} Mbit/s at best`)
  return { ...result, met: result.met && (goal === 0 || fastest >= ENOUGH) }
}

/** Sends so many MiB from one to the other; bits a second. */
function transfer(context: Context, from: LabNode, to: LabNode, mebibytes: number): Contestant {
  return async () => {
    const server = await to.tcpListen({ port: 80 })
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const client = await from.tcpConnect({ to: { address: to.address, port: 80 } })
    const [served] = await accepted
    let came = 0
    served.on('data', ({ length }) => {
      came += length
    })
    const start = performance.now()
    write(client, mebibytes * MEBIBYTE)
    await once(served, 'end')
    const seconds = (performance.now() - start) / 1000
    context.check(came === mebibytes * MEBIBYTE, `${came} bytes arrived of ${mebibytes} MiB`)
    for (const closing of [client, served]) closing.destroy()
    await new Promise((closed) => server.close(closed))
    return (came * 8) / seconds
  }
}

function write(socket: Socket, bytes: number): void {
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      left -= CHUNK.length
      if (!socket.write(CHUNK)) {
        socket.once('drain', more)
        return
      }
    }
    socket.end()
  }
  more()
}
