import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { needs } from '@sallyport/linux/testing'
import { CoturnPeer, run, uclient } from './support/coturn-client.ts'
import { SallyportTurn, secret } from './support/turn-server.ts'

await sandbox()

const coturn = needs({ turnutils_uclient: 'coturn', turnutils_peer: 'coturn', turnutils_stunclient: 'coturn' })
const toPeer = ['-e', '127.0.0.1', '-r', '3480', '127.0.0.1']
const toPeer6 = ['-e', '::1', '-r', '3480']

/** What each mode is, in our words → its arguments. */
const modes: Readonly<Record<string, readonly string[]>> = {
  'channels, with a second relay for RTCP (EVEN-PORT, RESERVATION-TOKEN)': toPeer,
  channels: ['-c', ...toPeer],
  'send and data indications': ['-s', ...toPeer],
  'from relay to relay by channels': ['-y', '127.0.0.1'],
  'from relay to relay by indications': ['-y', '-c', '-s', '127.0.0.1'],
  'an IPv6 relay for an IPv6 client': ['-x', ...toPeer6, '::1'],
  'an IPv6 relay for an IPv4 client': ['-x', ...toPeer6, '127.0.0.1'],
  'an IPv4 relay for an IPv6 client': ['-X', '-e', '127.0.0.1', '-r', '3480', '::1'],
  'relays of both families in one allocation': ['-Z', '-m', '1', ...toPeer],
  'relays of both families, from relay to relay': ['-Z', '-y', '-m', '1', '127.0.0.1'],
  'DONT-FRAGMENT': ['-g', ...toPeer],
  'DONT-FRAGMENT in indications': ['-g', '-s', ...toPeer],
  'channel data padded as in streams': ['-D', ...toPeer],
  mobility: ['-M', ...toPeer],
  'mobility, from relay to relay': ['-M', '-y', '127.0.0.1'],
  'extra permissions and channels': ['-G', ...toPeer],
  'clients that go and come back': ['-B', ...toPeer],
  'ORIGIN, which nobody has to know': ['-o', 'origin.example', ...toPeer],
  'BANDWIDTH, which nobody has to know': ['-a', '1000000', ...toPeer],
  'time-limited credentials': ['-W', secret, '-u', 'somebody', ...toPeer],
  'messages of 1,200 bytes': ['-l', '1200', '-c', ...toPeer],
}

describe('turnutils_uclient through sallyport turn', { ...coturn, concurrency: 8 }, () => {
  let server: SallyportTurn
  let peer: CoturnPeer
  before(async () => {
    server = await SallyportTurn.start()
    peer = await CoturnPeer.start()
  })
  after(async () => {
    await peer?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  for (const [name, mode] of Object.entries(modes)) {
    test(`${name}: ${mode.join(' ')}`, async () => {
      const { code, sent, received, said } = await uclient(...mode)
      assert.equal(code, 0, said)
      assert.ok(sent >= 5 && received === sent, `${received} of ${sent} messages came back\n${said}`)
    })
  }

  test('a random channel number is refused with 400, as by coturn: -N', async () => {
    const { code, said } = await uclient('-N', ...toPeer)
    assert.notEqual(code, 0)
    assert.match(said, /channel bind: error 400/)
  })

  test('clients that connect and leave at once are served: -O', async () => {
    // What it leaves out and does twice, it decides by chance: about every twentieth run ends with a 508 for that.
    let last = await uclient('-O', ...toPeer)
    for (let again = 4; again > 0 && last.code !== 0; again -= 1) last = await uclient('-O', ...toPeer)
    assert.equal(last.code, 0, last.said)
  })

  test('a wrong password gets nothing', async () => {
    const { code, said } = await uclient('-w', 'wrong', ...toPeer)
    assert.notEqual(code, 0)
    assert.match(said, /Cannot complete Allocation/)
  })

  test('turnutils_stunclient is told its address', async () => {
    const { said } = await run('turnutils_stunclient', ['127.0.0.1'])
    assert.match(said, /UDP reflexive addr: 127\.0\.0\.1:\d+/)
  })
})

describe('a server that gets broken messages', coturn, () => {
  test('goes on with whole ones: -R spoils bytes of one message in ten at random', async () => {
    await using server = await SallyportTurn.start()
    await using _peer = await CoturnPeer.start()
    await Promise.all(Array.from({ length: 4 }, () => run('turnutils_uclient', spoiling, 5_000)))
    assert.ok(server.isRunning)
    const { code, sent, received, said } = await uclient('-c', ...toPeer)
    assert.equal(code, 0, said)
    assert.equal(received, sent)
  })
})

/** The client waits for ever for the answer to a request that nobody could read: it is ended in time. */
const spoiling = ['-u', 'user', '-w', 'pass', '-n', '20', '-R', ...toPeer]

const streams: Readonly<Record<string, readonly string[]>> = {
  TCP: ['-t', ...toPeer],
  'TCP with padded channel data': ['-t', '-D', ...toPeer],
  'TCP with indications': ['-t', '-s', ...toPeer],
  'TCP, from relay to relay': ['-t', '-y', '127.0.0.1'],
  TLS: ['-t', '-S', '-p', '5349', ...toPeer],
  'TCP relays (RFC 6062)': ['-T', '127.0.0.1'],
  'TCP relays by TLS': ['-T', '-S', '-p', '5349', '127.0.0.1'],
}

describe('turnutils_uclient by streams', { ...coturn, concurrency: 8 }, () => {
  let server: SallyportTurn
  let peer: CoturnPeer
  before(async () => {
    server = await SallyportTurn.start(undefined, { streams: true })
    peer = await CoturnPeer.start()
  })
  after(async () => {
    await peer?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  for (const [name, mode] of Object.entries(streams)) {
    test(`${name}: ${mode.join(' ')}`, async () => {
      let last = await uclient(...mode)
      // Of a record of TLS coturn's client reads one message: on a busy machine two may share one.
      for (let again = mode.includes('-S') ? 4 : 0; again > 0 && last.received < last.sent; again -= 1) {
        last = await uclient(...mode)
      }
      const { code, sent, received, said } = last
      assert.equal(code, 0, said)
      assert.ok(sent >= 5 && received === sent, `${received} of ${sent} messages came back\n${said}`)
    })
  }

  test('TCP relays of which one side waits: -P gets half of its messages back, as through coturn', async () => {
    const { code, sent, received, said } = await uclient('-P', '-m', '1', '127.0.0.1')
    assert.equal(code, 0, said)
    assert.ok(sent >= 10 && received === sent / 2, `${received} of ${sent} messages came back\n${said}`)
  })
})
