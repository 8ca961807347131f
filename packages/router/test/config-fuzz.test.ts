import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { ConfigError, ConfigErrors, checkConfig, parseConfig } from '../src/config/index.ts'

const example = readFileSync(new URL('../../../examples/console-gaming.yaml', import.meta.url), 'utf8')
const head = 'wan: eth0\nlan: { eth1: 192.168.1.1/24 }\n'

const tokens = [
  ...[
    'wan',
    'lan',
    'hosts',
    'nat',
    'forwards',
    'allow',
    'owns',
    'address',
    'eth0',
    'a',
    'tcp',
    'udp/',
    'icmp',
    'timeout',
  ],
  ...[
    ': ',
    ':',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    ' -> ',
    '->',
    '-',
    '/',
    '+',
    '"',
    "'",
    '#',
    '? ',
  ],
  ...['&a ', '*a', '!x ', '|\n', '>\n', '%YAML 1.1\n', '---\n', '\t', '\u0000', '\ufeff', '~', '.inf', '<<: ', '\\x'],
  ...[
    '0',
    '1',
    '65535',
    '65536',
    '0-1',
    '5-4',
    '1e9',
    '5m',
    '192.168.1.1/24',
    '192.168.1.5',
    '::1/64',
    '__proto__',
    'constructor',
  ],
]
const yamlish = fc.array(fc.constantFrom(...tokens), { maxLength: 60 }).map((words) => words.join(''))
const damaged = fc
  .array(
    fc.tuple(fc.nat(example.length), fc.nat(6), fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 3 }))),
    { maxLength: 5 },
  )
  .map((edits) => edits.reduce((text, [at, cut, word]) => text.slice(0, at) + word + text.slice(at + cut), example))
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const word = fc.constantFrom(...tokens)
const values = fc.anything({
  key: word,
  values: [word, fc.integer(), fc.constantFrom(null, undefined, true)],
  maxDepth: 4,
})

/** Reads it; whatever is wrong has to come as {@link ConfigErrors} whose places lie in the text. */
function survives(text: string): void {
  const lines = text.split('\n').length
  for (const error of errorsOf(() => parseConfig(text, { file: 'f' }))) {
    assert.ok(error instanceof ConfigError)
    assert.ok(error.line >= 1 && error.line <= lines && error.column >= 1, `${error.message} of ${lines} lines`)
    assert.ok(error.problem !== '' && error.hint !== '')
    assert.doesNotMatch(error.message, /[\p{Cc}]/u)
  }
}

function errorsOf(read: () => void): readonly ConfigError[] {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    assert.ok(error.errors.length > 0)
    return error.errors
  }
}

const runs = { numRuns: 3000, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true, seed: 1 }

test('noise is refused with config errors and nothing else', () => fc.assert(fc.property(noise, survives), runs))

test('what looks like YAML is refused with config errors and nothing else', () => {
  fc.assert(fc.property(yamlish, survives), runs)
  fc.assert(
    fc.property(yamlish, (text) => survives(head + text)),
    runs,
  )
})

test('a damaged example is read or refused with config errors and nothing else', () =>
  fc.assert(fc.property(damaged, survives), runs))

test('any JavaScript value is read or refused with config errors and nothing else', () => {
  const survivesValue = (value: unknown): void => void errorsOf(() => checkConfig(value, { file: 'f' }))
  const withHead = fc
    .tuple(word, values)
    .map(([key, value]) => ({ wan: 'eth0', lan: { eth1: '192.168.1.1/24' }, [key]: value }))
  fc.assert(fc.property(fc.oneof(values, withHead), survivesValue), runs)
})

const floods: Record<string, string> = {
  'open brackets': '['.repeat(200_000),
  'open braces': '{a: '.repeat(50_000),
  'closing brackets': ']'.repeat(100_000),
  dashes: '- '.repeat(100_000),
  'question marks': '? '.repeat(50_000),
  'line ends': '\n'.repeat(200_000),
  colons: ': '.repeat(50_000),
  anchors: Array.from({ length: 20_000 }, (_, i) => `a${i}: &a${i} 1`).join('\n'),
  'unknown keys': Array.from({ length: 20_000 }, (_, i) => `wam${i}: 1`).join('\n'),
  'unknown hosts': `${head}hosts:\n${Array.from({ length: 5000 }, (_, i) => `  host${i}: 192.168.1.5`).join('\n')}\nforwards:\n${'  - tcp/1 -> hots\n'.repeat(20_000)}`,
  'one long name': `${head}hosts: { ${'a'.repeat(1_000_000)}: 192.168.1.5 }\nforwards: [${'b'.repeat(1_000_000)} -> c]`,
  'the same forward': `${head}forwards:\n${'  - tcp/1-60000 -> 192.168.1.5\n'.repeat(20_000)}`,
  'more than anybody writes': ' '.repeat(5_000_000),
}

for (const [name, text] of Object.entries(floods)) {
  test(`a flood of ${name} is refused in bounded time, with a bounded answer`, { timeout: 20_000 }, () => {
    const errors = errorsOf(() => parseConfig(text, { file: 'f' }))
    assert.ok(errors.length > 0 && errors.length <= 1000)
    assert.ok(Math.max(...errors.map((error) => error.message.length)) < 1000)
  })
}
