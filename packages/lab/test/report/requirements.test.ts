import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requirementsOf, rfcs } from '@sallyport/lab'

/** The numbered requirements of the summaries: RFC 4787 section 12, RFC 5382 section 8, RFC 5508 section 9. */
const numbered = { 4787: 14, 5382: 10, 5508: 11 } as const

for (const [rfc, last] of Object.entries(numbered)) {
  test(`every numbered requirement of RFC ${rfc} is there`, () => {
    const own = requirementsOf([Number(rfc) as 4787]).map(({ id }) => Number.parseInt(id.slice('REQ-'.length), 10))
    assert.deepEqual(
      [...new Set(own)],
      Array.from({ length: last }, (_, index) => index + 1),
    )
  })
}

test('every section of RFC 7857 with an update or a clarification is there', () => {
  const sections = new Set(requirementsOf([7857]).map(({ section }) => section))
  assert.deepEqual([...sections], ['2', '2.1', '2.2', '3', '4', '5', '6', '7', '7.1', '8', '9', '10', '11', '12'])
})

test('no id is there twice in one RFC, and every requirement says how it is tested', () => {
  const all = requirementsOf(rfcs)
  assert.equal(new Set(all.map(({ rfc, id }) => `${rfc} ${id}`)).size, all.length)
  for (const { rfc, id, method, title, section } of all) assert.ok(method && title && section, `RFC ${rfc} ${id}`)
})
