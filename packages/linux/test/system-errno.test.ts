import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import * as errno from '../src/system/errno.ts'
import { errnoMeaning, errnoName, errnos, SystemError } from '../src/system/errno.ts'
import { assertUapi } from '../src/testing/index.ts'

const { ENOTSUPP, ...public_ } = Object.fromEntries(Object.entries(errnos).map(([name, [number]]) => [name, number]))
const { EAGAIN: _, ...common } = Object.fromEntries(Object.entries(public_).filter(([, number]) => number <= 34))

assertUapi('asm-generic/errno-base.h', { ...common, EAGAIN: 11 }, { about: 'errno-base' })
assertUapi('asm-generic/errno.h', Object.fromEntries(Object.entries(public_).filter(([, number]) => number > 34)), {
  about: 'errno',
})

test('Node has the same numbers', () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    if (name in errnos) assert.equal(public_[name], number, name)
    else assert.equal(errnoName(number), { EWOULDBLOCK: 'EAGAIN', ENOTSUP: 'EOPNOTSUPP' }[name], name)
  }
})

test('the constants that code compares with are those of the table', () => {
  const named = Object.entries(errno).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : [],
  )
  assert.ok(named.length > 10)
  for (const [name, number] of named) assert.equal(number, errnos[name]?.[0], name)
})

test('the number that only the kernel knows has a name, too', () => {
  assert.equal(ENOTSUPP, 524)
  assert.equal(errnoName(524), 'ENOTSUPP')
})

test('a number without a name is shown as it is', () => {
  assert.deepEqual([errnoName(4711), errnoMeaning(4711)], ['errno 4711', 'an error without a name'])
})

test('a SystemError has the call, the number, the name and a sentence', () => {
  const error = new SystemError('bind 10.0.0.1:80', 98)
  assert.equal(error.message, 'bind 10.0.0.1:80: EADDRINUSE: address already in use')
  assert.deepEqual([error.call, error.errno, error.code], ['bind 10.0.0.1:80', 98, 'EADDRINUSE'])
  assert.equal(new SystemError('x', 1, 'ask your admin').message, 'x: EPERM: ask your admin')
})
