import * as stun from '../../../src/stun/attributes/index.ts'
import {
  type Attached,
  type Attribute,
  encodeMessage,
  fingerprint,
  integrity,
  type MessageClass,
  type Method,
  methods,
} from '../../../src/stun/index.ts'

const peer = stun.xorPeerAddress.of({ address: '192.0.2.1', port: 7 })
const peer6 = stun.xorPeerAddress.of({ address: '2001:db8::7', port: 7 })
const udp = stun.requestedTransport.of(17)
const text = new TextEncoder().encode('payload')

const requests: readonly (readonly [Method, readonly Attached[]])[] = [
  ['binding', []],
  ['binding', [stun.changeRequest.of({ address: true, port: true }), stun.responsePort.of(9)]],
  ['binding', [stun.priority.of(1), stun.iceControlling.of(1n), stun.useCandidate.of(true)]],
  ['allocate', [udp]],
  ['allocate', [udp, stun.lifetime.of(1200), stun.dontFragment.of(true), stun.evenPort.of({ reserve: true })]],
  ['allocate', [udp, stun.additionalAddressFamily.of(6), stun.mobilityTicket.of(new Uint8Array())]],
  ['allocate', [udp, stun.reservationToken.of(new Uint8Array(8)), stun.requestedAddressFamily.of(6)]],
  ['allocate', [stun.requestedTransport.of(6)]],
  ['refresh', [stun.lifetime.of(600), stun.requestedAddressFamily.of(4)]],
  ['refresh', [stun.lifetime.of(0)]],
  ['refresh', [stun.mobilityTicket.of(new Uint8Array(24))]],
  ['createPermission', [peer, peer6]],
  ['channelBind', [stun.channelNumber.of(0x4000), peer]],
  ['channelBind', [stun.channelNumber.of(0x4001), peer6]],
  ['connect', [peer]],
  ['connectionBind', [stun.connectionId.of(7)]],
]

const indications: readonly (readonly [Method, readonly Attached[]])[] = [
  ['send', [peer, stun.data.of(text)]],
  ['send', [peer6, stun.data.of(text), stun.dontFragment.of(true)]],
  ['data', [peer, stun.data.of(text)]],
  ['data', [peer, stun.icmp.of({ type: 3, code: 3, data: 0 })]],
  ['connectionAttempt', [peer, stun.connectionId.of(7)]],
]

const address = { address: '192.0.2.1', port: 7 }
const answers: readonly (readonly [Method, MessageClass, readonly Attached[]])[] = [
  ['binding', 'success', [stun.xorMappedAddress.of(address), stun.otherAddress.of(address), stun.software.of('x')]],
  [
    'allocate',
    'success',
    [stun.xorRelayedAddress.of(address), stun.lifetime.of(600), stun.xorMappedAddress.of(address)],
  ],
  ['allocate', 'error', [stun.errorCode.of({ code: 401, reason: 'x' }), stun.realm.of('r'), stun.nonce.of('n')]],
  ['allocate', 'error', [stun.errorCode.of({ code: 300, reason: '' }), stun.alternateServer.of(address)]],
  ['refresh', 'error', [stun.unknownAttributes.of([1, 2, 3]), stun.passwordAlgorithms.of([stun.SHA256, stun.MD5])]],
  ['allocate', 'success', [stun.addressErrorCode.of({ family: 6, code: 440, reason: 'x' }), stun.connectionId.of(1)]],
]

const transaction = Uint8Array.from({ length: 12 }, (_, index) => index)

/** Well-formed messages of every kind, without seals. */
export const plain: readonly Uint8Array[] = [
  ...requests.map(([method, attributes]) => message(method, 'request', attributes)),
  ...indications.map(([method, attributes]) => message(method, 'indication', attributes)),
  ...answers.map(([method, kind, attributes]) => message(method, kind, attributes)),
]

/** The same without and with seals. */
export const seeds: readonly Uint8Array[] = plain.flatMap((bytes) => [
  bytes,
  fingerprint(bytes),
  fingerprint(integrity(transaction, 'sha256')(bytes)),
])

/** Every attribute that the package knows. */
export const attributes: readonly Pick<Attribute<unknown>, 'type' | 'decode'>[] = Object.values(stun).filter(
  (value) => 'decode' in value,
)

function message(method: Method, kind: MessageClass, attached: readonly Attached[]): Uint8Array {
  return encodeMessage({ class: kind, method: methods[method], transaction }, attached)
}
