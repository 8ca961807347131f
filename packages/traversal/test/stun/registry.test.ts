import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as exported from '../../src/stun/attributes/index.ts'
import {
  type Attribute,
  FINGERPRINT,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
  methods,
  reasons,
} from '../../src/stun/index.ts'

/** IANA, "Session Traversal Utilities for NAT (STUN) Parameters": attributes, as far as an RFC of ours defines them. */
const registered: Readonly<Record<string, number>> = {
  'MAPPED-ADDRESS': 0x0001,
  'CHANGE-REQUEST': 0x0003,
  USERNAME: 0x0006,
  'MESSAGE-INTEGRITY': 0x0008,
  'ERROR-CODE': 0x0009,
  'UNKNOWN-ATTRIBUTES': 0x000a,
  'CHANNEL-NUMBER': 0x000c,
  LIFETIME: 0x000d,
  'XOR-PEER-ADDRESS': 0x0012,
  DATA: 0x0013,
  REALM: 0x0014,
  NONCE: 0x0015,
  'XOR-RELAYED-ADDRESS': 0x0016,
  'REQUESTED-ADDRESS-FAMILY': 0x0017,
  'EVEN-PORT': 0x0018,
  'REQUESTED-TRANSPORT': 0x0019,
  'DONT-FRAGMENT': 0x001a,
  'MESSAGE-INTEGRITY-SHA256': 0x001c,
  'PASSWORD-ALGORITHM': 0x001d,
  USERHASH: 0x001e,
  'XOR-MAPPED-ADDRESS': 0x0020,
  'RESERVATION-TOKEN': 0x0022,
  PRIORITY: 0x0024,
  'USE-CANDIDATE': 0x0025,
  PADDING: 0x0026,
  'RESPONSE-PORT': 0x0027,
  'CONNECTION-ID': 0x002a,
  'ADDITIONAL-ADDRESS-FAMILY': 0x8000,
  'ADDRESS-ERROR-CODE': 0x8001,
  'PASSWORD-ALGORITHMS': 0x8002,
  'ALTERNATE-DOMAIN': 0x8003,
  ICMP: 0x8004,
  SOFTWARE: 0x8022,
  'ALTERNATE-SERVER': 0x8023,
  FINGERPRINT: 0x8028,
  'ICE-CONTROLLED': 0x8029,
  'ICE-CONTROLLING': 0x802a,
  'RESPONSE-ORIGIN': 0x802b,
  'OTHER-ADDRESS': 0x802c,
  'MOBILITY-TICKET': 0x8030,
}

const isAttribute = (value: unknown): value is Attribute<unknown> =>
  typeof value === 'object' && value !== null && 'type' in value && 'decode' in value

test('every attribute has the name and the number that IANA gave it, and none of the registry is missing', () => {
  const ours = Object.values<unknown>(exported)
    .filter(isAttribute)
    .map(({ name, type }) => [name, type] as const)
  const sealing = [
    ['MESSAGE-INTEGRITY', MESSAGE_INTEGRITY],
    ['MESSAGE-INTEGRITY-SHA256', MESSAGE_INTEGRITY_SHA256],
    ['FINGERPRINT', FINGERPRINT],
  ] as const
  const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1)
  assert.deepEqual([...ours, ...sealing].sort(byName), Object.entries(registered).sort(byName))
})

test('methods have the numbers of the registry', () => {
  assert.deepEqual(methods, {
    binding: 0x001,
    allocate: 0x003,
    refresh: 0x004,
    send: 0x006,
    data: 0x007,
    createPermission: 0x008,
    channelBind: 0x009,
    connect: 0x00a,
    connectionBind: 0x00b,
    connectionAttempt: 0x00c,
  })
})

test('error codes are those of the registry', () => {
  const codes = [300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 487, 500, 508]
  assert.deepEqual(Object.keys(reasons).map(Number), codes)
})
