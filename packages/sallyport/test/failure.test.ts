import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Connection, errnos, NLMSG_ERROR, type Transport } from '@sallyport/linux'
import { Nftables, NftablesUnavailable } from '@sallyport/nftables'
import { report } from '../src/failure.ts'

/** What `report` says of an error, and the exit code that it returns. */
function said(t: TestContext, error: unknown): { readonly code: number; readonly text: string } {
  const write = t.mock.method(process.stderr, 'write', () => true)
  const code = report(error)
  write.mock.restore()
  return { code, text: write.mock.calls.map(({ arguments: [text] }) => String(text)).join('') }
}

/** A kernel that answers every request with one error number. */
function kernelThatSays(errno: number): Transport {
  const answers: Uint8Array[] = []
  return {
    portId: 1,
    send(datagram) {
      const answer = new Uint8Array(36) // nlmsghdr, errno, and the header of the request once more
      answer.set(datagram.subarray(0, 16))
      answer.set(datagram.subarray(0, 16), 20)
      const bytes = new DataView(answer.buffer)
      bytes.setUint32(0, answer.length, true)
      bytes.setUint16(4, NLMSG_ERROR, true)
      bytes.setInt32(16, -errno, true)
      answers.push(answer)
    },
    receive: () => answers.shift(),
    wait: async () => answers.length > 0,
    join() {},
    [Symbol.dispose]() {},
  }
}

for (const name of ['EINVAL', 'EOPNOTSUPP']) {
  test(`a kernel without nf_tables (${name}): exit 1, one sentence, and what to do`, (t) => {
    using nftables = new Nftables(new Connection(kernelThatSays(errnos[name]![0])))
    let error: unknown
    try {
      nftables.generation()
    } catch (thrown) {
      error = thrown
    }
    const { code, text } = said(t, error)
    assert.equal(code, 1)
    assert.match(
      text,
      new RegExp(`^sallyport: nftables: ${name}: this kernel has no nf_tables .*modprobe nf_tables.*\\n$`),
    )
  })
}

test('a kernel without netfilter sockets (EPROTONOSUPPORT): the same', (t) => {
  const { code, text } = said(t, new NftablesUnavailable(errnos.EPROTONOSUPPORT![0]))
  assert.deepEqual([code, text.split('\n').length], [1, 2])
  assert.match(text, /^sallyport: nftables: EPROTONOSUPPORT: this kernel has no nf_tables/)
})

test('an error that nobody foresaw comes with its stack', (t) => {
  const { code, text } = said(t, new TypeError('a slip'))
  assert.equal(code, 1)
  assert.match(text, /^sallyport: TypeError: a slip\nsallyport: {5}at /)
})
