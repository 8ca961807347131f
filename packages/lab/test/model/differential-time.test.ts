import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { differs, type Row, Run, show } from './support/compare.ts'
import { buildRawHouse } from './support/house.ts'
import type { Step } from './support/steps.ts'

await sandbox()

/** Seconds, as short as the kernel takes them; answered UDP is a stream after 2 s (nf_conntrack_proto_udp.c). */
const timeouts = { udp: 1, udpStream: 3 }

const behaviours: readonly BehaviourOptions[] = [
  { filtering: 'endpoint-independent' },
  { filtering: 'endpoint-independent', refresh: 'outbound' },
  { filtering: 'address-dependent' },
  {},
  { refresh: 'outbound' },
  { mapping: 'address-and-port-dependent', ports: 'sequential' },
  { overloading: true, hairpin: 'none', unsolicited: 'remember' },
]

const out = (to: 0 | 1 | 2 | 3, host: 0 | 1 = 0): Step => ({ do: 'out', host, port: 0, to, syn: false })
const into = (from: 0 | 1 | 2 | 3, host: 0 | 1 = 0): Step => ({ do: 'in', from, host, port: 0, syn: false })
const wait = (ms: number): Step => ({ do: 'wait', ms })

/**
 * The kernel's clock goes on when a busy machine holds the test up: a difference counts when it comes three times. A
 * model or rules that are wrong are wrong every time.
 */
async function together(steps: readonly Step[]): Promise<void> {
  let wrong = await differences(steps)
  for (let again = 0; again < 2 && wrong !== ''; again += 1) wrong = await differences(steps)
  assert.equal(wrong, '')
}

/** The pauses are shared: every behaviour has a router of its own, and all go through one sequence together. */
async function differences(steps: readonly Step[]): Promise<string> {
  await using houses = new AsyncDisposableStack()
  const runs = []
  for (const options of behaviours) {
    const house = houses.use(await buildRawHouse())
    runs.push({
      options,
      run: new Run(house, { behaviour: behaviour({ ...options, timeouts }) }),
      rows: [] as Row[],
    })
  }
  for (const [index, step] of steps.entries()) {
    if (step.do === 'wait') await new Promise((resolve) => setTimeout(resolve, step.ms))
    else for (const { run, rows } of runs) rows.push(...run.step(step, index))
  }
  const wrong = runs.filter(({ rows }) => rows.some(differs))
  return wrong.map(({ options, rows }) => `${JSON.stringify(options)}\n${show(rows)}`).join('\n\n')
}

suite('time: the kernel does what the model says', { concurrency: true }, () => {
  test('what is one-sided is forgotten after `udp`, in the kernel as in the model', () =>
    together([out(0), wait(700), into(0), into(3), wait(1300), into(0), into(1), out(2, 1), out(2), into(2)]))

  test('outbound packets keep a mapping, inbound ones where they may', () =>
    together([
      out(0),
      wait(600),
      into(0),
      wait(600),
      into(0),
      wait(600),
      into(0),
      out(2),
      wait(600),
      out(2),
      into(3),
      into(2),
    ]))

  test('what is answered lives for `udpStream` once it is two seconds old', () =>
    together([
      ...[out(0), into(0), wait(700), out(0), into(0), wait(700), out(0), into(0), wait(700), out(0), into(0)],
      ...[wait(1500), into(0), into(3), out(0), wait(2500), into(0), wait(3300), into(0), into(3), out(0), out(1)],
    ]))

  test('one flow of a mapping keeps it for new ones', () =>
    together([out(0), wait(700), out(1), wait(700), out(2), into(0), into(1), wait(1300), out(0, 1), out(0)]))

  test('what was unsolicited is forgotten after `udp` too', () =>
    together([into(0), wait(400), into(0), out(0), wait(700), out(2), into(0), wait(1300), out(0), out(2)]))
})
