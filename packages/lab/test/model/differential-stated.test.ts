import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { compare, differs } from './support/compare.ts'
import { canElapse } from './support/elapse.ts'
import { buildRawHouse } from './support/house.ts'
import type { Step } from './support/steps.ts'

await sandbox()

const house = await buildRawHouse()
after(() => house[Symbol.asyncDispose]())

const timeouts = { udp: 20, udpStream: 20, tcpTransitory: 20, tcpEstablished: 100 }
type Inside = 0 | 1
type Remote = 0 | 1 | 2

const out = (to: Remote, host: Inside = 0, syn = false): Step => ({ do: 'out', host, port: 0, to, syn })
const into = (from: Remote): Step => ({ do: 'in', from, host: 0, port: 0, syn: false })
const elapse = (seconds: number): Step => ({ do: 'elapse', seconds })
const tcp = (steps: readonly Step[]): Step[] => steps.map((step) => ({ ...step, protocol: 'tcp' }))

/** Where the lab's rules and the words part: docs/reference/lab-nat.md, notes 3 and 4. Packets that are not listed agree. */
const stated: Readonly<
  Record<
    string,
    { options: BehaviourOptions; steps: readonly Step[]; differ: readonly { kernel: string; model: string }[] }
  >
> = {
  'refresh outbound: what comes in keeps an entry of conntrack, by which packets leave after the mapping has ended': {
    options: { refresh: 'outbound', ports: 'sequential' },
    steps: [out(0), elapse(15), into(0), elapse(7), into(0), out(1), out(0), out(2)],
    differ: [
      {
        kernel: 'udp 203.0.113.1:20000 > 203.0.113.10:3478',
        model: 'udp 203.0.113.1:20001 > 203.0.113.10:3478',
      },
    ],
  },
  'refresh outbound: the entry holds the port towards that peer, whoever has it next': {
    options: { refresh: 'outbound' },
    steps: [out(0), elapse(15), into(0), elapse(7), out(1, 1), out(0, 1), elapse(15), out(0, 1)],
    differ: [{ kernel: 'dropped', model: 'udp 203.0.113.1:40000 > 203.0.113.10:3478' }],
  },
  'an answered mapping is not shortened by a flow that is not': {
    options: { ports: 'sequential' },
    steps: tcp([out(0, 0, true), into(0), out(0), elapse(90), out(1, 0, true), elapse(25), out(2, 0, true)]),
    differ: [
      {
        kernel: 'tcp [syn] 203.0.113.1:20000 > 203.0.113.20:3478',
        model: 'tcp [syn] 203.0.113.1:20001 > 203.0.113.20:3478',
      },
    ],
  },
}

for (const [name, { options, steps, differ }] of Object.entries(stated)) {
  test(`stated: ${name}`, { skip: !canElapse && 'Linux 6.12 is needed to let time pass' }, () => {
    const found = (): object[] => {
      const subject = { behaviour: behaviour({ ...options, timeouts }) }
      const rows = compare(house, subject, steps, { clock: () => 0, patience: 20 })
      return rows.filter(differs).map(({ kernel, model }) => ({ kernel, model }))
    }
    const twice = [found(), found()].map((each) => JSON.stringify(each))
    if (!twice.includes(JSON.stringify(differ))) assert.deepEqual(found(), differ)
  })
}
