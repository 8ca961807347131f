import type { Attached } from './attribute.ts'
import { type ChangeRequest, changeRequest } from './attributes/change-request.ts'
import { errorCode } from './attributes/error-code.ts'
import { mappedAddress } from './attributes/mapped-address.ts'
import { nonce } from './attributes/nonce.ts'
import { otherAddress } from './attributes/other-address.ts'
import { padding } from './attributes/padding.ts'
import { passwordAlgorithm } from './attributes/password-algorithm.ts'
import { realm } from './attributes/realm.ts'
import { responseOrigin } from './attributes/response-origin.ts'
import { responsePort } from './attributes/response-port.ts'
import { unknownAttributes } from './attributes/unknown-attributes.ts'
import { userhash } from './attributes/userhash.ts'
import { username } from './attributes/username.ts'
import { xorMappedAddress } from './attributes/xor-mapped-address.ts'
import {
  type ClassicMessage,
  changedAddress,
  classicTypes,
  decodeClassic,
  encodeClassic,
  sourceAddress,
} from './classic.ts'
import { failure, reasons } from './errors.ts'
import { checkFingerprint, fingerprint } from './fingerprint.ts'
import { methods } from './header.ts'
import { decodeMessage, encodeMessage, type Message } from './message.ts'
import { FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from './protective.ts'
import { ReflectionBudget } from './reflection-budget.ts'
import type { Endpoint } from './values.ts'

export interface BehaviourOptions {
  /** One, or two of one family: as clients see them. */
  readonly addresses: readonly string[]
  /** One, or two; every address has all of them. */
  readonly ports: readonly number[]
  /** Answers per second that RESPONSE-PORT may direct to one address; default 10. */
  readonly redirected?: number
  /** Of `reflectionMemory`, where several threads answer for one server; default: its own. */
  readonly memory?: SharedArrayBuffer
}

export interface BehaviourAnswer {
  readonly bytes: Uint8Array
  readonly to: Endpoint
  /** Number of the socket that it leaves by: see {@link BehaviourResponder.endpoints}. */
  readonly via: number
}

/** Credentials are let through unread: a server that is open to all asks for none (RFC 8489 section 12). */
export const unreadAttributes: readonly number[] = [
  ...[username, userhash, realm, nonce, passwordAlgorithm].map(({ type }) => type),
  ...[MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, FINGERPRINT],
]
const known: ReadonlySet<number> = new Set([
  ...[changeRequest, responsePort, padding].map(({ type }) => type),
  ...unreadAttributes,
])
/** RFC 3489 has MESSAGE-INTEGRITY under the same number. */
const classicKnown: ReadonlySet<number> = new Set([changeRequest.type, username.type, MESSAGE_INTEGRITY])

/** RFC 3489 section 11.2: types from here on may be ignored. */
const FIRST_CLASSIC_OPTIONAL = 0x8000

/** Ports below are those of services that a forged request could make us speak to. */
const FIRST_FREE_PORT = 1024

/**
 * How a Binding request is answered so that a client finds out about its NAT (RFC 5780 section 6), also one of RFC 3489
 * section 8. No I/O: a datagram and the number of its socket go in, an answer and the number of its socket come out.
 * On one address, or one port, it neither promises another one nor pretends to have answered from there.
 */
export class BehaviourResponder {
  /** What the sockets are bound to, by their numbers: all ports of the first address, then those of the second. */
  readonly endpoints: readonly Endpoint[]
  /** There are two addresses with two ports each. */
  readonly alternates: boolean
  readonly #ports: number
  readonly #budget: ReflectionBudget

  /** Throws RangeError for none or more than two addresses or ports, or the same one twice. */
  constructor({ addresses, ports, redirected = 10, memory }: BehaviourOptions) {
    checkPair('addresses', addresses)
    checkPair('ports', ports)
    this.endpoints = addresses.flatMap((address) => ports.map((port) => ({ address, port })))
    this.alternates = this.endpoints.length === 4
    this.#ports = ports.length
    this.#budget = new ReflectionBudget(redirected, memory)
  }

  /**
   * The answer to a datagram that came to socket `at`; undefined: none is due. `now`: milliseconds of a clock that only
   * goes forward.
   */
  answer(datagram: Uint8Array, at: number, from: Endpoint, now: number): BehaviourAnswer | undefined {
    const message = decodeMessage(datagram)
    if (message !== undefined) return this.#answerMessage(message, at, from, now)
    const classic = decodeClassic(datagram)
    return classic && this.#answerClassic(classic, at, from)
  }

  #answerMessage(request: Message, at: number, from: Endpoint, now: number): BehaviourAnswer | undefined {
    if (request.class !== 'request' || request.method !== methods.binding) return undefined
    const sealed = checkFingerprint(request)
    if (sealed === 'wrong') return undefined
    const seals = sealed === 'right' ? [fingerprint] : []
    const { transaction } = request
    const refused = this.#refusal(request)
    if (refused !== undefined) {
      const header = { class: 'error', method: methods.binding, transaction } as const
      return { bytes: encodeMessage(header, refused, seals), to: from, via: at }
    }
    const port = request.get(responsePort)
    if (port !== undefined && !this.#budget.take(from.address, now)) return undefined
    const via = this.#socket(at, request.get(changeRequest))
    const header = { class: 'success', method: methods.binding, transaction } as const
    const to = port === undefined ? from : { ...from, port }
    return { bytes: encodeMessage(header, this.#attributes(request, at, via, from), seals), to, via }
  }

  /** Undefined when the request can be obeyed (RFC 5780 section 6.1). */
  #refusal(request: Message): Attached[] | undefined {
    const unknown = request.unknown(known)
    if (!this.alternates && request.has(changeRequest)) unknown.push(changeRequest.type)
    if (unknown.length > 0) return [failure(420), unknownAttributes.of(unknown)]
    const malformed = [changeRequest, responsePort].some((each) => request.has(each) && !canRead(request, each))
    if (malformed || (request.has(responsePort) && request.has(padding))) return [failure(400)]
    const port = request.get(responsePort)
    return port !== undefined && port < FIRST_FREE_PORT ? [failure(403)] : undefined
  }

  #attributes(request: Message, at: number, via: number, from: Endpoint): Attached[] {
    const seen = withoutZone(from)
    const filler = request.get(padding)
    return [
      xorMappedAddress.of(seen),
      mappedAddress.of(seen),
      responseOrigin.of(this.endpoints[via]!),
      ...(this.alternates ? [otherAddress.of(this.endpoints[this.#opposite(at)]!)] : []),
      ...(filler === undefined ? [] : [padding.of(new Uint8Array(filler.length))]),
    ]
  }

  /** RFC 3489 section 8.1. */
  #answerClassic(request: ClassicMessage, at: number, from: Endpoint): BehaviourAnswer | undefined {
    if (request.type !== classicTypes.bindingRequest) return undefined
    const { transaction } = request
    const refused = this.#classicRefusal(request)
    if (refused !== undefined) {
      return { bytes: encodeClassic(classicTypes.bindingError, transaction, refused), to: from, via: at }
    }
    const via = this.#socket(at, classicChange(request))
    const addresses = [
      mappedAddress.of(withoutZone(from)),
      sourceAddress.of(this.endpoints[via]!),
      ...(this.alternates ? [changedAddress.of(this.endpoints[this.#opposite(at)]!)] : []),
    ]
    return { bytes: encodeClassic(classicTypes.bindingResponse, transaction, addresses), to: from, via }
  }

  /** RESPONSE-ADDRESS (section 11.2.2), which sends an answer to anybody, is refused like what is unknown. */
  #classicRefusal(request: ClassicMessage): Attached[] | undefined {
    const types = request.attributes.map(({ type }) => type)
    const unknown = types.filter((type) => type < FIRST_CLASSIC_OPTIONAL && !classicKnown.has(type))
    const change = classicChange(request)
    // These clients send it always, and mean nothing by it when no flag is set.
    if (!this.alternates && (change?.address || change?.port)) unknown.push(changeRequest.type)
    if (unknown.length > 0) return [classicFailure(420), unknownAttributes.of(even(unknown))]
    return types.includes(changeRequest.type) && change === undefined ? [classicFailure(400)] : undefined
  }

  #socket(at: number, change: ChangeRequest | undefined): number {
    return at ^ (change?.address ? this.#ports : 0) ^ (change?.port ? 1 : 0)
  }

  #opposite(at: number): number {
    return this.#socket(at, { address: true, port: true })
  }
}

function checkPair(what: string, values: readonly unknown[]): void {
  if (values.length < 1 || values.length > 2) throw new RangeError(`one or two ${what}, not ${values.length}`)
  if (new Set(values).size !== values.length) throw new RangeError(`two ${what} that are the same: ${values[0]}`)
}

function canRead(request: Message, attribute: typeof changeRequest | typeof responsePort): boolean {
  return (attribute.type === changeRequest.type ? request.get(changeRequest) : request.get(responsePort)) !== undefined
}

function classicChange({ attributes, transaction }: ClassicMessage): ChangeRequest | undefined {
  const found = attributes.find(({ type }) => type === changeRequest.type)
  return found && changeRequest.decode(found.value, transaction)
}

/** RFC 3489 section 11.2.9: the length of the reason is a multiple of four. */
function classicFailure(code: 400 | 420): Attached {
  const reason = reasons[code]
  return errorCode.of({ code, reason: reason.padEnd(Math.ceil(reason.length / 4) * 4) })
}

/** Link-local addresses come with the interface that they belong to: 'fe80::1%eth0'. */
function withoutZone({ address, port }: Endpoint): Endpoint {
  return { address: address.replace(/%.*$/, ''), port }
}

/** RFC 3489 section 11.2.10: one is repeated where the number is odd, since lengths are multiples of four. */
function even(types: readonly number[]): number[] {
  return types.length % 2 === 0 ? [...types] : [...types, types[0]!]
}
