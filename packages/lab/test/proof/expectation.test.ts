import assert from 'node:assert/strict'
import test from 'node:test'
import { behaviour, presets } from '../../src/nat/index.ts'
import { expectation } from '../../src/proof/index.ts'

test('plain masquerade looks endpoint-independent alone, and is not when two hosts meet', () => {
  assert.deepEqual(expectation(presets.linux.behaviour), {
    'UDP mapping': 'endpoint-independent',
    'UDP filtering': 'address-and-port-dependent',
    'UDP port': 'preserved',
    hairpin: 'none',
    'UDP mapping of two hosts on one port': 'address-and-port-dependent',
    'one external port for both': 'yes',
    'UDP port after a probe': 'changed',
    'TCP mapping': 'endpoint-independent',
    'TCP filtering': 'address-and-port-dependent',
  })
})

test('a full cone is one whoever is there', () => {
  const facts = expectation(presets.fullCone.behaviour)
  assert.equal(facts['UDP mapping of two hosts on one port'], 'endpoint-independent')
  assert.equal(facts['one external port for both'], 'no')
  assert.equal(facts['UDP port after a probe'], 'preserved')
})

test('what is blocked has no port, and nothing of a wide range is foreseen', () => {
  assert.deepEqual(expectation(behaviour({ udp: 'blocked', tcp: 'blocked' })), {
    'UDP mapping': 'blocked',
    'UDP filtering': 'blocked',
    hairpin: 'none',
    'TCP mapping': 'blocked',
    'TCP filtering': 'blocked',
  })
  assert.equal(expectation(presets.cgnat.behaviour)['UDP port'], undefined)
})

test('pooling is looked at where there are several addresses', () => {
  assert.equal(expectation(presets.cgnat.behaviour)['external addresses'], undefined)
  assert.equal(expectation(presets.cgnat.behaviour, { addresses: 2 })['external addresses'], 'paired')
})
