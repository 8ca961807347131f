import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { AnswerCells, CounterCells } from '../../src/datapath/index.ts'
import { type Measured, metricsOf } from '../../src/service/metrics.ts'
import { MetricsEndpoint } from '../../src/service/metrics-endpoint.ts'
import { prometheusText } from '../../src/service/prometheus.ts'
import { methods } from '../../src/stun/index.ts'

await sandbox()

function measured(counters = new CounterCells(), answers = new AnswerCells()): Measured {
  const reloads = { done: 1, failed: 0 }
  const parts = { counters: counters.read(), answers: [answers], reloads }
  return { ...parts, allocations: 3, threads: 4, draining: false, started: 1_700_000_000 }
}

/** What `promtool check metrics` looks for, and that nothing is there twice. */
function lint(text: string): void {
  assert.ok(text.endsWith('\n'))
  const series = new Set<string>()
  let name = ''
  let type = ''
  for (const line of text.trimEnd().split('\n')) {
    const head = /^# (HELP|TYPE) ([a-z][a-z0-9_]*) (.+)$/.exec(line)
    if (head?.[1] === 'HELP') {
      name = head[2]!
      assert.match(head[3]!, /^[A-Z0-9].*\.$/, `the help of ${name} is no sentence`)
    } else if (head?.[1] === 'TYPE') {
      type = head[3]!
      assert.equal(head[2], name, 'HELP and TYPE belong together')
      assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
      assert.doesNotMatch(name, /_(milliseconds|kilobytes|info_total|counter|gauge)$/)
    } else {
      const sample = /^([a-z][a-z0-9_]*)(\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})? (\d+(?:\.\d+)?)$/.exec(line)
      assert.ok(sample, line)
      assert.equal(sample[1], name, 'a sample stands under its own name')
      const one = `${sample[1]}${sample[2] ?? ''}`
      assert.ok(!series.has(one), `${one} is there twice`)
      series.add(one)
    }
  }
}

test('the text is what Prometheus reads: each with help and type, no series twice', () => {
  const [counters, answers] = [new CounterCells(), new AnswerCells()]
  counters.add('bindings', 5)
  counters.add('droppedOverLimit', 2)
  answers.add(methods.binding, 0)
  answers.add(methods.allocate, 401)
  answers.add(0x0fe, 400)
  const text = prometheusText(metricsOf(measured(counters, answers)))
  lint(text)
  assert.match(text, /^sallyport_requests_total\{method="binding",code="success"} 6$/m)
  assert.match(text, /^sallyport_requests_total\{method="allocate",code="401"} 1$/m)
  assert.match(text, /^sallyport_requests_total\{method="other",code="400"} 1$/m)
  assert.match(text, /^sallyport_dropped_datagrams_total\{reason="over-limit"} 2$/m)
  assert.match(text, /^sallyport_allocations 3$/m)
})

test('every counter of a thread is in the metrics', () => {
  const counters = new CounterCells()
  const names = Object.keys(counters.read()) as (keyof ReturnType<CounterCells['read']>)[]
  const before = prometheusText(metricsOf(measured(counters)))
  for (const name of names.filter((each) => each !== 'allocations')) {
    const one = new CounterCells()
    one.add(name, 12_345)
    assert.notEqual(prometheusText(metricsOf(measured(one))), before, name)
  }
})

test('methods that nobody defined do not add series', () => {
  const answers = new AnswerCells()
  for (let method = 0x020; method < 0xfff; method += 1) answers.add(method, 400)
  const lines = prometheusText(metricsOf(measured(undefined, answers))).split('\n')
  assert.equal(lines.filter((line) => /^sallyport_requests_total\{.*code="400"/.test(line)).length, 1)
})

test('GET /metrics, and nothing else', async () => {
  let asked = 0
  const text = (): string => {
    asked += 1
    return 'up 1\n'
  }
  await using endpoint = await MetricsEndpoint.listen({ address: '127.0.0.1', port: 0 }, text)
  const ask = async (path: string, method = 'GET'): Promise<[number | undefined, string | undefined, string]> => {
    const request = get({ port: endpoint.port, path, method, agent: false })
    const [response] = await once(request, 'response')
    let body = ''
    for await (const chunk of response) body += chunk
    return [response.statusCode, response.headers['content-type'], body]
  }
  assert.deepEqual(await ask('/metrics'), [200, 'text/plain; version=0.0.4; charset=utf-8', 'up 1\n'])
  assert.equal((await ask('/metrics?x'))[0], 200)
  assert.equal((await ask('/'))[0], 404)
  assert.equal((await ask('/metrics', 'POST'))[0], 405)
  assert.equal(asked, 2)
})
