import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Hmac } from '../../src/stun/hmac.ts'

test('our HMAC is that of everybody, for keys and texts of any length', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(
      fc.constantFrom('sha1' as const, 'sha256' as const),
      bytes,
      bytes,
      bytes,
      (algorithm, key, one, two) => {
        const hmac = new Hmac(algorithm, key)
        for (const text of [one, two, one]) {
          const want = createHmac(algorithm, key).update(text).digest('hex')
          assert.equal(Buffer.from(hmac.digest(text)).toString('hex'), want)
        }
      },
    ),
  )
})
