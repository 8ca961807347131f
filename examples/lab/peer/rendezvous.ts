/** `node rendezvous.ts PORT`: tells two peers that name the same room where the other one comes from. */
import { createSocket } from 'node:dgram'

const rooms = new Map<string, string[]>()
const socket = createSocket('udp4')

socket.on('message', (message, { address, port }) => {
  const room = message.toString()
  const here = `${address}:${port}`
  const known = rooms.get(room) ?? []
  const members = known.includes(here) ? known : [...known, here]
  rooms.set(room, members)
  const [other] = members.filter((each) => each !== here)
  socket.send(other ?? 'wait', port, address)
})
socket.bind(Number(process.argv[2]))
