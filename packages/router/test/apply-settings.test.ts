import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KernelRule } from '@sallyport/nftables'
import { type Notes, noted, readNotes } from '../src/apply/notes.ts'
import { NoSuchSetting, planSettings } from '../src/apply/settings.ts'
import { managedSysctls } from '../src/compile/index.ts'
import { parseConfig } from '../src/config/index.ts'

const forward = 'net.ipv4.ip_forward'
const forward6 = 'net.ipv6.conf.all.forwarding'
const is = (name: string, value: string): { name: string; value: string } => ({ name, value })

test('a setting that differs is written, and what it was is kept', () => {
  const plan = planSettings([is(forward, '1')], [], new Map([[forward, '0']]))
  const to = [is(forward, '1')]
  assert.deepEqual(plan, { targets: to, writes: to, saved: [is(forward, '0')] })
})

test('a setting that is right already is neither written nor kept', () => {
  const { writes, saved } = planSettings([is(forward, '1')], [], new Map([[forward, '1']]))
  assert.deepEqual([writes, saved], [[], []])
})

test('what was kept stays kept: the first value counts', () => {
  const { writes, saved } = planSettings([is(forward, '1')], [is(forward, '7')], new Map([[forward, '0']]))
  assert.deepEqual([writes, saved], [[is(forward, '1')], [is(forward, '7')]])
})

test('a setting that is not wanted any more gets back what it had, and stays kept', () => {
  const saved = [is(forward, '0'), is(forward6, '0')]
  const targets = [is(forward, '1'), is(forward6, '0')]
  const present = new Map([
    [forward, '1'],
    [forward6, '1'],
  ])
  assert.deepEqual(planSettings([is(forward, '1')], saved, present), { targets, writes: [is(forward6, '0')], saved })
  present.set(forward6, '0')
  assert.deepEqual(planSettings([is(forward, '1')], saved, present), { targets, writes: [], saved })
})

test('a wanted setting that the kernel does not have is refused by name; one that is gone is not written', () => {
  assert.throws(() => planSettings([is(forward6, '1')], [], new Map()), NoSuchSetting)
  assert.throws(() => planSettings([is(forward6, '1')], [], new Map()), /no setting net\.ipv6\.conf\.all\.forwarding/)
  const { writes } = planSettings([], [is('net.ipv6.conf.ppp0.accept_ra', '1')], new Map())
  assert.deepEqual(writes, [])
})

describe('"or more"', () => {
  const icmp = 'net.netfilter.nf_conntrack_icmp_timeout'
  const wanted = [{ ...is(icmp, '60'), orMore: true as const }]
  const plan = (saved: { name: string; value: string }[], present: string): unknown => {
    const { targets, writes } = planSettings(wanted, saved, new Map([[icmp, present]]))
    return [targets, writes].map((settings) => settings.map(({ value }) => value).join())
  }
  test('leaves a higher number as it is, and raises a lower one, by number', () => {
    assert.deepEqual(plan([], '30'), ['60', '60'])
    assert.deepEqual(plan([], '120'), ['120', ''])
    assert.deepEqual(plan([], '9'), ['60', '60'])
  })
  test('forgets a higher number that was our own', () => {
    assert.deepEqual(plan([is(icmp, '30')], '3600'), ['60', '60'])
    assert.deepEqual(plan([is(icmp, '120')], '60'), ['120', '120'])
  })
})

const rule = (userdata?: Uint8Array): KernelRule => ({
  family: 'inet',
  table: 'sallyport',
  chain: 'filter_input',
  expressions: [],
  ...(userdata && { userdata }),
})

test('notes on a rule are read again, beside a comment, whatever the interfaces are called', () => {
  const comment = Uint8Array.of(0, 3, 0x68, 0x69, 0) // NFTNL_UDATA_RULE_COMMENT "hi"
  const notes: Notes = {
    unfinished: true,
    saved: [
      is(forward, '0'),
      is(forward6, '0'),
      is('net.ipv6.conf.a=b.accept_ra', '1'),
      is('net.ipv6.conf.eth0/100.accept_ra', '1'),
      is('net.netfilter.nf_conntrack_udp_timeout', '30'),
      is('net.netfilter.nf_conntrack_udp_timeout_stream', '120'),
    ],
  }
  const written = noted(rule(comment), notes)
  const read = readNotes([rule(), written])
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)
  assert.deepEqual([...read.saved].sort(byName), [...notes.saved].sort(byName))
  assert.equal(read.unfinished, true)
  assert.deepEqual(noted(written, { saved: [], unfinished: false }).userdata, comment)
})

test('all settings that a config can change find room, with the longest values, and five WAN interfaces', () => {
  const config = parseConfig('wan: [eth0, eth1, eth2, wwan0, ppp0]\nlan: { br-lan: 10.0.0.1/8 }', { file: 'r.yaml' })
  const names = managedSysctls(config)
  const longest = (name: string): string =>
    /frag\w*thresh|max$/.test(name) ? '67108864' : /timeout/.test(name) ? '43200' : '1'
  const saved = names.map((name) => is(name, longest(name))).sort((a, b) => (a.name < b.name ? -1 : 1))
  const read = readNotes([noted(rule(), { saved, unfinished: true })])
  assert.deepEqual(
    [...read.saved].sort((a, b) => (a.name < b.name ? -1 : 1)),
    saved,
  )
})

test('without anything to note a rule stays without notes', () => {
  assert.equal(noted(rule(), { saved: [], unfinished: false }).userdata, undefined)
  assert.deepEqual(readNotes([rule()]), { saved: [], unfinished: false })
})

test('more settings than the kernel has room for are refused with what to do', () => {
  const saved = Array.from({ length: 30 }, (_, n) => is(`net.ipv6.conf.interface${n}.accept_ra`, '1'))
  assert.throws(() => noted(rule(), { saved, unfinished: false }), /30 settings .*set net\.ipv6\.conf\.\*\.accept_ra/)
})
