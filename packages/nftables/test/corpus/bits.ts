import { accept, concat, dccp, drop, frag, ip, ip6, meta, tcp, vlan } from '../../src/index.ts'
import { bridge, type Case, rule } from './case.ts'

/** Fields that do not fill their bytes, in lists, maps and concatenations. */
export const bits: readonly Case[] = [
  rule('ip dscp vmap { cs1 : accept, af11 : drop }', () => [
    ip.dscp.vmap([
      ['cs1', accept()],
      ['af11', drop()],
    ]),
  ]),
  rule('meta mark set ip dscp map { cs1 : 0x1, af11 : 0x2 }', () => [
    meta.mark.set(
      ip.dscp.mapTo('mark', [
        ['cs1', 1],
        ['af11', 2],
      ]),
    ),
  ]),
  rule('vlan id { 5, 6 }', () => [vlan.id.in([5, 6])], bridge),
  rule('vlan id . ip saddr { 5 . 1.2.3.4 }', () => [concat(vlan.id, ip.saddr).in([[5, '1.2.3.4']])], bridge),
  rule('tcp doff { 5, 6 }', () => [tcp.doff.in([5, 6])]),
  rule('dccp type { request, ack }', () => [dccp.type.in(['request', 'ack'])]),
  rule('frag frag-off { 5, 6 }', () => [frag.fragOff.in([5, 6])]),
  rule('ip6 flowlabel { 5, 6 }', () => [ip6.flowlabel.in([5, 6])]),
  rule('ip dscp . tcp dport { cs1 . 5, af11 . 6 }', () => [
    concat(ip.dscp, tcp.dport).in([
      ['cs1', 5],
      ['af11', 6],
    ]),
  ]),
  rule('ip version . tcp dport { 4 . 5 }', () => [concat(ip.version, tcp.dport).in([[4, 5]])]),
]
