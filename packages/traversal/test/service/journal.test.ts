import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Happening, Journal, type LogForm } from '../../src/service/index.ts'

const client = {
  transport: 'udp',
  remote: { address: '198.51.100.7', port: 5000 },
  local: { address: '203.0.113.1', port: 3478 },
} as const

function journal(form: LogForm): { lines: string[]; journal: Journal; pass(ms: number): void } {
  const lines: string[] = []
  let now = 1_700_000_000_000
  return {
    lines,
    journal: new Journal({ write: (line) => lines.push(line), form, clock: () => now }),
    pass: (ms) => {
      now += ms
    },
  }
}

const refused = (count: number, code = 486): Happening => ({ kind: 'refused', code, count, client })

test('an allocation has a line when it begins and one when it ends, with what went through', () => {
  const { lines, journal: log } = journal('json')
  const about = { user: 'alice', client, relays: ['udp/203.0.113.1:50000'] }
  log.hear({ kind: 'opened', ...about })
  log.hear({ kind: 'closed', ...about, reason: 'expired', seconds: 600, toPeers: 1200, fromPeers: 340 })
  const time = '2023-11-14T22:13:20.000Z'
  const fields = { user: 'alice', client: 'udp/198.51.100.7:5000', relays: ['udp/203.0.113.1:50000'] }
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { time, event: 'allocation-opened', ...fields },
      {
        time,
        event: 'allocation-closed',
        ...fields,
        reason: 'expired',
        seconds: 600,
        bytesToPeers: 1200,
        bytesFromPeers: 340,
      },
    ],
  )
})

test('a flood of refused requests is one line in ten seconds for each code, and none is forgotten', () => {
  const { lines, journal: log, pass } = journal('json')
  for (let second = 0; second < 25; second += 1) {
    log.hear(refused(1_000_000))
    log.hear(refused(1, 437))
    pass(1000)
  }
  log.flush()
  pass(10_000)
  log.flush()
  for (const [code, count] of [
    [486, 25_000_000],
    [437, 25],
  ]) {
    const told = lines.map((line) => JSON.parse(line)).filter((each) => each.code === code)
    assert.equal(told.length, 4)
    assert.equal(
      told.reduce((sum, each) => sum + each.count, 0),
      count,
    )
  }
})

test('what a user calls itself cannot break the log', () => {
  const { lines, journal: log } = journal('text')
  log.hear({ kind: 'opened', user: 'alice\n2023 reloaded "x" reason=none', client, relays: [] })
  assert.equal(lines.length, 1)
  assert.equal(lines[0]!.split('\n').length, 1)
  assert.match(lines[0]!, / user="alice\\n2023 reloaded \\"x\\" reason=none" client=udp\/198\.51\.100\.7:5000/)
})
