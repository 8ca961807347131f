/**
 * `node peer.ts RENDEZVOUS:PORT ROOM`: finds the other peer of a room, punches a hole to it, says hello. Exits with 0
 * when it has heard the other one, with 1 when it has not within three seconds.
 */
import { createSocket } from 'node:dgram'

const [server = '', room = ''] = process.argv.slice(2)
const socket = createSocket('udp4')
let peer: string | undefined
let heard = false

function send(text: string, to: string): void {
  const [address, port] = to.split(':')
  socket.send(text, Number(port), address)
}

socket.on('message', (message, { address, port }) => {
  const text = message.toString()
  const from = `${address}:${port}`
  if (from === server) {
    if (text !== 'wait') peer = text
    return
  }
  peer = from // where it really comes from, whatever the server said
  send('hello', from)
  if (heard) return
  heard = true
  console.log(`heard ${text} from ${from}`)
  setTimeout(() => process.exit(0), 300) // the other one may still need our answer
})

setInterval(() => {
  if (peer === undefined) send(room, server)
  else send('hello', peer)
}, 50)
setTimeout(() => {
  console.log(`heard nothing from ${peer ?? 'anybody'}`)
  process.exit(heard ? 0 : 1)
}, 3000)
socket.bind()
