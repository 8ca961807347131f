import type { AnswerCells, StunAnswer, StunResponder } from '../datapath/index.ts'
import { BehaviourResponder, decodeMessage, type Endpoint, errorCode, methods } from '../stun/index.ts'

/** A responder, and which of our sockets its sockets are. */
interface Group {
  readonly responder: BehaviourResponder
  readonly sockets: readonly number[]
}

/**
 * The bindings of a STUN server. Two addresses of one family with the same two ports each are a server for NAT discovery
 * (RFC 5780): each answers for the others. All other sockets are servers by themselves.
 */
export class StunResponders implements StunResponder {
  readonly plain: boolean
  readonly #groups: readonly Group[]
  readonly #answers: AnswerCells

  /** @param reflections of `reflectionMemory`, which all threads of a server share */
  constructor(listen: readonly Endpoint[], answers: AnswerCells, reflections: SharedArrayBuffer) {
    this.#groups = grouped(listen, reflections)
    this.#answers = answers
    this.plain = !this.#groups.some(({ responder }) => responder.alternates)
  }

  answer(datagram: Uint8Array, at: number, from: Endpoint, now: number): StunAnswer | undefined {
    const { responder, sockets } = this.#groups.find((group) => group.sockets.includes(at))!
    const answer = responder.answer(datagram, sockets.indexOf(at), from, now)
    if (answer === undefined) return undefined
    this.#answers.add(methods.binding, codeOf(answer.bytes))
    return { ...answer, via: sockets[answer.via]! }
  }
}

function codeOf(answer: Uint8Array): number {
  if ((answer[0]! & 1) === 0 || (answer[1]! & 0x10) === 0) return 0
  return decodeMessage(answer)?.get(errorCode)?.code ?? 0
}

function grouped(listen: readonly Endpoint[], memory: SharedArrayBuffer): Group[] {
  const grids = [4, 6].flatMap((family) => gridOf(listen, family, memory) ?? [])
  const alone = listen.flatMap(({ address, port }, index) =>
    grids.some(({ sockets }) => sockets.includes(index))
      ? []
      : [{ responder: new BehaviourResponder({ addresses: [address], ports: [port], memory }), sockets: [index] }],
  )
  return [...grids, ...alone]
}

/** Two addresses with two ports each, if that is all that there is of a family. */
function gridOf(listen: readonly Endpoint[], family: number, memory: SharedArrayBuffer): Group | undefined {
  const ours = listen.filter(({ address }) => address.includes(':') === (family === 6))
  const addresses = [...new Set(ours.map(({ address }) => address))]
  const ports = [...new Set(ours.map(({ port }) => port))]
  if (ours.length !== 4 || addresses.length !== 2 || ports.length !== 2) return undefined
  const responder = new BehaviourResponder({ addresses, ports, memory })
  const sockets = responder.endpoints.map(({ address, port }) =>
    listen.findIndex((each) => each.address === address && each.port === port),
  )
  return sockets.includes(-1) ? undefined : { responder, sockets }
}
