import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { guessInterfaces, type NftSubject, sandbox } from '@sallyport/lab'
import { withoutNft } from '../support/oracle.ts'
import { examine } from './support.ts'

await sandbox()

const limits = { timeout: 60_000 }
const file = fileURLToPath(new URL('../fixtures/hairpin-masquerade.nft', import.meta.url))
const subject: NftSubject = { kind: 'nft', file, text: readFileSync(file, 'utf8') }

test('a file says itself what its interfaces are called', () => {
  assert.deepEqual(guessInterfaces(subject.text), { wan: 'ppp0', lan: 'br-lan' })
  assert.deepEqual(guessInterfaces('define WAN = eth1\niifname { lo, "eth0" } accept\noifname $WAN masquerade'), {
    wan: 'eth1',
    lan: 'eth0',
  })
  assert.deepEqual(guessInterfaces('# oifname old masquerade\nip saddr 10.0.0.0/8 masquerade'), {})
})

test('a masquerading hairpin works, but hides who calls', { ...limits, skip: withoutNft }, async () => {
  const works = await examine(subject, 4787, 'REQ-9')
  assert.equal(works.verdict, 'pass', works.evidence.join('\n'))
  const hides = await examine(subject, 4787, 'REQ-9a')
  assert.equal(hides.verdict, 'fail')
  assert.deepEqual(hides.evidence.slice(-2), [
    'udp 192.168.1.10:40000 → 203.0.113.1:40002 seen as 192.168.1.1:40000',
    'its external endpoint is 203.0.113.1:40000',
  ])
})

test('a map of inside ports loses the first of two hosts on one port', { ...limits, skip: withoutNft }, async () => {
  const { verdict, evidence } = await examine(subject, 4787, 'REQ-1')
  assert.equal(verdict, 'fail', evidence.join('\n'))
})

test('a limit for each sender before conntrack wards off a flood of fragments', {
  ...limits,
  skip: withoutNft,
}, async () => {
  const limited = fileURLToPath(new URL('../fixtures/fragment-limit.nft', import.meta.url))
  const nft: NftSubject = { kind: 'nft', file: limited, text: readFileSync(limited, 'utf8') }
  for (const id of ['REQ-14', 'REQ-14a']) {
    const { verdict, evidence } = await examine(nft, 4787, id)
    assert.equal(verdict, 'pass', evidence.join('\n'))
  }
})

test('a file that nft refuses is an error in the words of nft', { ...limits, skip: withoutNft }, async () => {
  const broken = fileURLToPath(import.meta.url)
  const attempt = examine({ kind: 'nft', file: broken, text: '' }, 4787, 'REQ-1')
  await assert.rejects(attempt, (error: Error) => error.name === 'NatError' && /syntax error/.test(error.message))
})
