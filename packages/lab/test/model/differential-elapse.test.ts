import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import type { ModelProtocol } from '../../src/model/index.ts'
import { type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { compareAgain, differs, show } from './support/compare.ts'
import { canElapse } from './support/elapse.ts'
import { buildRawHouse } from './support/house.ts'
import type { Remote, Step } from './support/steps.ts'

await sandbox()

const house = await buildRawHouse()
after(() => house[Symbol.asyncDispose]())

const timeouts = { udp: 20, udpStream: 20, tcpTransitory: 30, tcpEstablished: 100, icmp: 40 }

const behaviours: readonly BehaviourOptions[] = [
  { filtering: 'endpoint-independent', ports: 'sequential' },
  { filtering: 'address-dependent', hairpin: 'internal-source' },
  { ports: 'parity' },
  { mapping: 'address-dependent', ports: 'sequential' },
  { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: 'random' },
  { overloading: true, hairpin: 'none', unsolicited: 'remember' },
]

const out = (to: Remote, syn = false): Step => ({ do: 'out', host: 0, port: 0, to, syn })
const into = (from: Remote): Step => ({ do: 'in', from, host: 0, port: 0, syn: false })
const dial: Step = { do: 'hairpin', host: 1, port: 0, peer: 0, peerPort: 0 }
const elapse = (seconds: number): Step => ({ do: 'elapse', seconds })

/** Just before a timeout ends, and just behind it. */
const sequences: Readonly<Record<string, readonly [ModelProtocol, readonly Step[]]>> = {
  'UDP: 20 s from the last packet of either direction': [
    'udp',
    [out(0), elapse(19), into(0), elapse(19), into(0), elapse(19), out(1), elapse(21), into(0), into(3), out(0)],
  ],
  'UDP: a mapping lives on by its other flows, an early packet is forgotten': [
    'udp',
    [
      into(0),
      elapse(19),
      into(0),
      elapse(21),
      out(0),
      elapse(15),
      out(1),
      elapse(15),
      out(2),
      into(0),
      into(1),
      out(0),
    ],
  ],
  'UDP: hairpinned packets keep a mapping too': ['udp', [out(0), elapse(15), dial, elapse(15), dial, into(3), out(0)]],
  'TCP: a connection that does not open is forgotten after 30 s': [
    'tcp',
    [out(0), elapse(20), out(0), elapse(11), into(0), out(0), elapse(29), into(0), elapse(31), out(0), out(1, true)],
  ],
  'TCP: an open one lives for 100 s': [
    'tcp',
    [out(0), into(0), out(0), elapse(99), into(0), elapse(99), out(0), elapse(101), into(0), out(0), out(1, true)],
  ],
  'echoes: 40 s': [
    'icmp-echo',
    [out(0), elapse(39), into(0), elapse(39), into(0), elapse(41), into(0), out(0), into(1)],
  ],
}

for (const [name, [protocol, steps]] of Object.entries(sequences)) {
  test(`${name}, in the kernel as in the model`, {
    skip: !canElapse && 'Linux 6.12 is needed to let time pass',
  }, () => {
    for (const options of behaviours) {
      const subject = { behaviour: behaviour({ ...options, timeouts }) }
      const rows = compareAgain(house, subject, steps, { protocol, clock: () => 0, patience: 10 })
      assert.ok(!rows.some(differs), `${JSON.stringify(options)}\n${show(rows)}`)
    }
  })
}
