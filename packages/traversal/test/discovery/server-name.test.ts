import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServer } from '../../src/discovery/index.ts'

test('a server is a name or an address, with a port or with 3478', () => {
  assert.deepEqual(parseServer('stun.example.org'), { host: 'stun.example.org', port: 3478 })
  assert.deepEqual(parseServer('192.0.2.1:5000'), { host: '192.0.2.1', port: 5000 })
  assert.deepEqual(parseServer('stun:stun.example.org:19302'), { host: 'stun.example.org', port: 19302 })
  assert.deepEqual(parseServer('STUN:[2001:db8::1]'), { host: '2001:db8::1', port: 3478 })
  assert.deepEqual(parseServer('stun:5000'), { host: 'stun', port: 5000 })
  assert.deepEqual(parseServer('[2001:db8::1]:5000'), { host: '2001:db8::1', port: 5000 })
  assert.deepEqual(parseServer('[2001:db8::1]'), { host: '2001:db8::1', port: 3478 })
  assert.deepEqual(parseServer('2001:db8::1'), { host: '2001:db8::1', port: 3478 })
})

test('what is none is told', () => {
  for (const text of [
    '',
    ':1',
    'a:b:c',
    'host:',
    'host:0',
    'host:65536',
    '[host]:1',
    '[::1',
    '::1]:1',
    '[]:1',
    'turn:a',
    'stun:a?transport=tcp',
  ]) {
    assert.equal(parseServer(text), undefined, text)
  }
})
