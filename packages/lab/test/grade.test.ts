import assert from 'node:assert/strict'
import test from 'node:test'
import { grade } from '../src/measure/grade.ts'
import { mappingOf } from '../src/measure/mapping.ts'

const at = (port: number, address = '203.0.113.1'): { address: string; port: number } => ({ address, port })

test('endpoint-independent mapping is an A with open filtering, a B with narrower filtering', () => {
  assert.equal(grade('endpoint-independent', 'endpoint-independent'), 'A')
  assert.equal(grade('endpoint-independent', 'address-dependent'), 'B')
  assert.equal(grade('endpoint-independent', 'address-and-port-dependent'), 'B')
})

test('a mapping that depends on the address is a C, on the port too a D, whatever the filtering', () => {
  for (const filtering of ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const) {
    assert.equal(grade('address-dependent', filtering), 'C')
    assert.equal(grade('address-and-port-dependent', filtering), 'D')
  }
})

test('no UDP is an F', () => {
  assert.equal(grade('endpoint-independent', 'endpoint-independent', false), 'F')
  assert.equal(grade('blocked', 'blocked'), 'F')
  assert.equal(grade('endpoint-independent', 'blocked'), 'F')
})

test('one external endpoint everywhere is endpoint-independent mapping', () => {
  const same = at(40000)
  const seen = { primary: same, otherPort: at(40000), otherAddress: at(40000), otherBoth: at(40000) }
  assert.equal(mappingOf(seen), 'endpoint-independent')
})

test('one external endpoint per destination address is address-dependent mapping', () => {
  const seen = { primary: at(1), otherPort: at(1), otherAddress: at(2), otherBoth: at(2) }
  assert.equal(mappingOf(seen), 'address-dependent')
})

test('ports of one destination that see different endpoints are address-and-port-dependent mapping', () => {
  const seen = { primary: at(1), otherPort: at(2), otherAddress: at(1), otherBoth: at(1) }
  assert.equal(mappingOf(seen), 'address-and-port-dependent')
  assert.equal(mappingOf({ ...seen, otherPort: at(1), otherBoth: at(3) }), 'address-and-port-dependent')
})

test('another external address is another mapping, even at the same port', () => {
  const seen = { primary: at(1), otherPort: at(1), otherAddress: at(1, '203.0.113.2'), otherBoth: at(1, '203.0.113.2') }
  assert.equal(mappingOf(seen), 'address-dependent')
})

test('a destination that never answered leaves no verdict but blocked', () => {
  const seen = { primary: at(1), otherPort: at(1), otherAddress: undefined, otherBoth: at(1) }
  assert.equal(mappingOf(seen), 'blocked')
})
