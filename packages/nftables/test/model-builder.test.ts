import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  accept,
  comment,
  compile,
  concat,
  counter,
  ct,
  dnat,
  drop,
  fib,
  iifname,
  ip,
  jump,
  limit,
  log,
  masquerade,
  meta,
  Ruleset,
  reject,
  type Statement,
  type Table,
  tcp,
  th,
  udp,
} from '../src/index.ts'

const newTable = (): Table => new Ruleset().table('inet', 't')

/** Compiles a table with a single rule. */
function compiled(...statements: readonly Statement[]): void {
  const ruleset = new Ruleset()
  ruleset
    .table('inet', 't')
    .chain('c')
    .rule(...statements)
  compile(ruleset)
}

describe('a name', () => {
  it('of 255 bytes is the longest', () => {
    newTable().chain('x'.repeat(255))
    assert.throws(() => newTable().chain('x'.repeat(256)), /chain name of 256 bytes .*; the kernel allows 255/)
  })

  it('that is a word of the nft language is refused', () => {
    for (const word of ['fwd', 'tcp', 'map', 'accept']) {
      assert.throws(() => newTable().chain(word), new RegExp(`chain name '${word}' is a word of the nft language`))
      assert.throws(() => newTable().set(word, { type: 'mark' }), /is a word of the nft language/)
    }
  })

  it('with spaces, or nothing in it, is refused', () => {
    for (const name of ['', 'a b', '1a', 'a"b', 'a{', 'a\n'])
      assert.throws(() => newTable().chain(name), /is no chain name/)
  })

  it('is used once', () => {
    const table = newTable()
    table.set('s', { type: 'mark' })
    assert.throws(() => table.map('s', { type: 'mark', value: 'mark' }), /table inet t: there is a 's' already/)
    const ruleset = new Ruleset()
    ruleset.table('inet', 't')
    assert.throws(() => ruleset.table('inet', 't'), /a table 'inet t' already/)
  })
})

describe('a set', () => {
  it('says which element is wrong', () => {
    assert.throws(
      () => newTable().set('ports', { type: 'inet_service', elements: [22, 70000] }),
      /table inet t, 'ports', element 2: 70000 is not a port/,
    )
  })

  it('takes ranges only with the flag for them', () => {
    assert.throws(
      () => newTable().set('s', { type: 'inet_service', elements: ['1-5'] }),
      /1-5 is a range; give the set the flag 'interval'/,
    )
  })

  it('takes timeouts of elements only with the flag for them', () => {
    assert.throws(
      () => newTable().set('s', { type: 'inet_service', elements: [{ key: 1, timeout: '5s' }] }),
      /has a timeout; give the set the flag 'timeout'/,
    )
  })

  it('refuses intervals that overlap and names both', () => {
    const ruleset = new Ruleset()
    ruleset.table('inet', 't').set('s', { type: 'inet_service', flags: ['interval'], elements: ['5-9', 1, '9-12'] })
    assert.throws(() => compile(ruleset), /table inet t, set s: 5-9 and 9-12 overlap/)
  })

  it('with intervals is not for packets to change', () => {
    const set = newTable().set('s', { type: 'ipv4_addr', flags: ['interval'] })
    assert.throws(() => set.add(ip.saddr), /packets cannot change 's'/)
  })

  it('is looked up with a key of its type', () => {
    const table = newTable()
    const addresses = table.set('a', { type: 'ipv4_addr' })
    const pairs = table.set('p', { type: ['inet_proto', 'inet_service'] })
    const ports = table.map('m', { type: 'inet_service', value: 'inet_service' })
    // @ts-expect-error a port is no address
    assert.throws(() => tcp.dport.in(addresses), /'tcp dport' is inet_service, and 'a' is of ipv4_addr/)
    // @ts-expect-error the wrong order
    assert.throws(() => concat(th.dport, meta.l4proto).in(pairs), /the same order/)
    // @ts-expect-error one of two
    assert.throws(() => pairs.add(meta.l4proto), /'meta l4proto' is inet_proto/)
    // @ts-expect-error not a verdict map
    assert.throws(() => tcp.dport.vmap(ports), /'m' gives inet_service, not verdict/)
    // @ts-expect-error a port is no address
    assert.throws(() => dnat({ to: tcp.dport.map(ports) }), /NAT to inet_service where ipv4_addr is expected/)
    // @ts-expect-error a number is no address
    assert.throws(() => ip.saddr.eq(5), /'ip saddr': 5 is not an address/)
  })

  it('of another table cannot be used', () => {
    const elsewhere = newTable().set('s', { type: 'ipv4_addr' })
    assert.throws(() => compiled(ip.saddr.in(elsewhere)), /'s' is not of this table; make it with table.set/)
  })
})

describe('flags', () => {
  it('cannot be looked up in a list, which would mean something else', () => {
    assert.equal('in' in ct.status, false)
    assert.equal('eq' in ct.status, false)
  })

  it('are looked at before they are compared', () => {
    assert.throws(() => ct.status.of('snat').are('dnat'), /flags that are not looked at/)
    assert.throws(() => ct.status.any(), /without a flag/)
  })
})

describe('a rule', () => {
  it('ends with its verdict', () => {
    const chain = newTable().chain('c')
    assert.throws(() => chain.rule(accept(), counter()), /chain c, rule 1: statement 2 is never reached/)
    assert.throws(() => chain.rule(masquerade(), accept()), /never reached/)
    assert.throws(() => chain.rule(), /without statements/)
    assert.throws(() => chain.rule(comment('a'), drop(), comment('b')), /two comments/)
  })

  it('says where it is wrong', () => {
    assert.throws(
      () => compiled(counter(), jump('nowhere')),
      /table inet t, chain c, rule 1, statement 2: there is no chain 'nowhere'/,
    )
  })

  it('does not read headers of two protocols', () => {
    assert.throws(() => compiled(tcp.dport.eq(1), udp.dport.eq(1)), /matched 6 and now reads udp \(17\); use 'th'/)
    assert.throws(() => compiled(meta.l4proto.in(['tcp', 'udp']), tcp.dport.eq(1)), /matched 6 or 17/)
    assert.throws(() => compiled(meta.nfproto.eq('ipv6'), ip.saddr.eq('1.2.3.4')), /matched ip6 and now reads ip/)
  })

  it('says of which protocol a port is, where nft wants to know', () => {
    assert.throws(() => compiled(ct.original.protoDst.eq(5)), /put a match such as meta.l4proto.eq\('udp'\) before it/)
    assert.throws(() => compiled(masquerade({ port: 5 })), /NAT to a port of an unknown protocol/)
    compiled(meta.l4proto.in(['tcp', 'udp']), masquerade({ port: 5 }))
  })
})

describe('a statement', () => {
  it('refuses what the language cannot say', () => {
    assert.throws(() => log({ prefix: 'a"b' }), /no escape/)
    assert.throws(() => log({ prefix: 'x'.repeat(128) }), /127 bytes/)
    assert.throws(() => log({ group: 65536 }), /0 to 65535/)
    assert.throws(() => log({ group: 1, level: 'info' }), /no level/)
    assert.throws(() => comment('two\nlines'), /no escape/)
    assert.throws(() => limit({ packets: 0, per: 'second' }), /rate 0/)
    assert.throws(() => limit({ packets: 1, bytes: 1, per: 'second' }), /packets or of bytes/)
    assert.throws(() => fib('iif'), /one of saddr and daddr/)
    // @ts-expect-error no such code
    assert.throws(() => reject({ icmp: 'go-away' }), /reject with icmp 'go-away'; use one of/)
    assert.throws(() => iifname.in([]), /without elements/)
  })
})

describe('a chain', () => {
  it('has a hook that its type allows', () => {
    assert.throws(() => newTable().chain('c', { type: 'nat', hook: 'forward' }), /a nat chain has no hook 'forward'/)
    assert.throws(() => newTable().chain('c', { type: 'nat', hook: 'output', priority: 'raw' }), /-300; connection/)
  })

  it('knows priorities by name', () => {
    assert.equal(newTable().chain('c', { hook: 'input', priority: 'srcnat' }).base?.priority, 100)
  })
})
