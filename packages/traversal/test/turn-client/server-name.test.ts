import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServer } from '../../src/client/server-name.ts'

for (const [text, host, port, transport] of [
  ['turn.example.org', 'turn.example.org', 3478, undefined],
  ['turn.example.org:99', 'turn.example.org', 99, undefined],
  ['192.0.2.1:3479', '192.0.2.1', 3479, undefined],
  ['[2001:db8::1]:3479', '2001:db8::1', 3479, undefined],
  ['[2001:db8::1]', '2001:db8::1', 3478, undefined],
  ['2001:db8::1', '2001:db8::1', 3478, undefined],
  ['stun:stun.example.org', 'stun.example.org', 3478, undefined],
  ['turn:turn.example.org?transport=tcp', 'turn.example.org', 3478, 'tcp'],
  ['turns:turn.example.org', 'turn.example.org', 5349, 'tls'],
  ['turns:[::1]:443?transport=tcp', '::1', 443, 'tls'],
  ['STUNS:a.example', 'a.example', 5349, 'tls'],
  ['turn:99', 'turn', 99, undefined],
] as const) {
  test(`${text} is ${host}, port ${port}${transport === undefined ? '' : ` over ${transport}`}`, () => {
    assert.deepEqual(parseServer(text), { host, port, transport })
  })
}

for (const text of [
  '',
  'a b',
  'http://example.org',
  'host:0',
  'host:65536',
  'turns:a?transport=udp',
  'a:b:c',
  '[host]:1',
  '::1]:1',
]) {
  test(`'${text}' names no server, and the error says what one looks like`, () => {
    assert.throws(() => parseServer(text), RangeError)
  })
}
