import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { SettingOfTheMachine } from '@sallyport/router'
import { buildHouse, config, type House } from './support/house.ts'

await sandbox()

const timer = (name: string): string => `net.netfilter.nf_conntrack_${name}`
const MAX = 'net.netfilter.nf_conntrack_max'

/** What Linux has when nobody changes it: a new namespace begins with it, whatever the machine has. */
const linux: Readonly<Record<string, string>> = {
  [timer('icmp_timeout')]: '30',
  [timer('tcp_timeout_close')]: '10',
  [timer('tcp_timeout_close_wait')]: '60',
  [timer('tcp_timeout_established')]: '432000',
  [timer('tcp_timeout_fin_wait')]: '120',
  [timer('tcp_timeout_last_ack')]: '30',
  [timer('tcp_timeout_syn_recv')]: '60',
  [timer('tcp_timeout_syn_sent')]: '120',
  [timer('tcp_timeout_time_wait')]: '120',
  [timer('udp_timeout')]: '30',
  [timer('udp_timeout_stream')]: '120',
  'net.ipv4.ipfrag_high_thresh': '4194304',
  'net.ipv4.ipfrag_time': '30',
}

const present = ({ router }: House): Record<string, string | undefined> =>
  Object.fromEntries(Object.keys(linux).map((name) => [name, router.sysctl(name)]))

const timersOf = (house: House, ...names: string[]): (string | undefined)[] =>
  names.map((name) => house.router.sysctl(timer(name)))

test('without a word about it, timers are what the RFCs ask for, and what the kernel has more of stays', async () => {
  await using house = await buildHouse()
  assert.deepEqual(present(house), linux)
  house.sallyport.apply(config())
  assert.deepEqual(present(house), {
    ...linux,
    [timer('icmp_timeout')]: '60',
    [timer('tcp_timeout_close_wait')]: '240',
    [timer('tcp_timeout_fin_wait')]: '240',
    [timer('tcp_timeout_last_ack')]: '240',
    [timer('tcp_timeout_syn_recv')]: '240',
    [timer('tcp_timeout_syn_sent')]: '240',
    [timer('udp_timeout')]: '120',
    'net.ipv4.ipfrag_high_thresh': String(64 * 2 ** 20),
    'net.ipv4.ipfrag_time': '1',
  })
  house.sallyport.down()
  assert.deepEqual(present(house), linux)
})

test('an administrator may have longer timers, and gets them back; shorter ones are raised', async () => {
  await using house = await buildHouse()
  house.router.sysctl(timer('icmp_timeout'), 90)
  house.router.sysctl(timer('tcp_timeout_established'), 3600)
  house.sallyport.apply(config())
  assert.deepEqual(timersOf(house, 'icmp_timeout', 'tcp_timeout_established'), ['90', '7440'])
  house.sallyport.apply(config('conntrack: { timeouts: { icmp: 3m } }\n'))
  assert.deepEqual(timersOf(house, 'icmp_timeout'), ['180'])
  house.sallyport.apply(config())
  assert.deepEqual(timersOf(house, 'icmp_timeout'), ['90'], 'not what an earlier config has set')
  house.sallyport.down()
  assert.deepEqual(timersOf(house, 'icmp_timeout', 'tcp_timeout_established'), ['90', '3600'])
})

test('timers that are written are what they are, shorter than the RFCs ask for if so; plan says it, again is nothing', async () => {
  await using house = await buildHouse()
  house.sallyport.apply(config())
  const wanted = config('conntrack: { timeouts: { udp: 60s, udp_stream: 90s, tcp_fin_wait: 30s, tcp_close: 4m } }\n')
  const changes = [
    ['udp_timeout', 60],
    ['udp_timeout_stream', 90],
    ['tcp_timeout_fin_wait', 30],
    ['tcp_timeout_close', 240],
  ].map(([name, value]) => ({ op: 'change', kind: 'sysctl', name: `${timer(String(name))} = ${value}` }))
  assert.deepEqual(
    house.sallyport.plan(wanted).changes.filter(({ kind }) => kind === 'sysctl'),
    changes,
  )
  assert.deepEqual(timersOf(house, 'udp_timeout'), ['120'], 'a plan changes nothing')
  const { generation } = house.sallyport.apply(wanted)
  const names = ['udp_timeout', 'udp_timeout_stream', 'tcp_timeout_fin_wait', 'tcp_timeout_close']
  assert.deepEqual(timersOf(house, ...names), ['60', '90', '30', '240'])
  assert.deepEqual(house.sallyport.apply(wanted), { changes: [], messages: 0, warnings: [], generation })
  house.sallyport.down()
  assert.deepEqual(present(house), linux)
})

test('where ports are taken over, no timer of UDP is longer than that takes', async () => {
  await using house = await buildHouse()
  const timers = (rest: string): (string | undefined)[] => {
    house.sallyport.apply(config(rest))
    return timersOf(house, 'udp_timeout', 'udp_timeout_stream')
  }
  assert.deepEqual(timers('nat: { takeover: 20s }\n'), ['20', '20'])
  assert.deepEqual(timers('nat: { mapping: address-and-port-dependent, takeover: 20s }\n'), ['120', '120'])
  assert.deepEqual(timers('conntrack: { timeouts: { udp_stream: 3m } }\n'), ['120', '180'])
})

test("the size of the table is the machine's: another namespace is told so, and nothing is changed", async () => {
  await using house = await buildHouse()
  const has = Number(house.router.sysctl(MAX))
  house.sallyport.apply(config(`conntrack: { max: ${has} }\n`))
  const generation = house.sallyport.apply(config()).generation
  const other = config(`conntrack: { max: ${has + 1} }\n`)
  const refusal = (error: unknown): boolean =>
    error instanceof SettingOfTheMachine && error.message.includes(`sysctl -w ${MAX}=${has + 1}`)
  assert.throws(() => house.sallyport.plan(other), refusal)
  assert.throws(() => house.sallyport.apply(other), refusal)
  assert.equal(house.sallyport.apply(config()).generation, generation)
})
