import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { checkTree, findCycle } from '../scripts/imports/check.ts'
import { findGlobals, findImports } from '../scripts/imports/find.ts'
import type { Rules } from '../scripts/imports/rules.ts'

const rules: Rules = {
  packages: { low: [], high: ['low'] },
  rooms: { low: { bytes: [], wire: ['bytes'] }, high: {} },
  named: {},
}

const manifests: Record<string, string> = {
  'package.json': '{ "devDependencies": { "checker": "1" } }',
  'packages/low/package.json':
    '{ "name": "@x/low", "exports": { ".": "./src/index.ts", "./testing": "./src/testing/index.ts" } }',
  'packages/high/package.json':
    '{ "name": "@x/high", "exports": { ".": "./src/index.ts" }, "dependencies": { "@x/low": "1", "yaml": "1" } }',
}

/** Writes a tree of these files and returns its findings as `FILE:LINE:COLUMN: problem`. */
function check(t: TestContext, files: Record<string, string>, named: Rules['named'] = {}): string[] {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-imports-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries({ ...manifests, ...files })) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const findings = checkTree(root, { ...rules, named })
  return findings.map(({ file, line, column, problem }) => `${file}:${line}:${column}: ${problem}`)
}

/** One file with this text gives one finding that matches. */
function refused(t: TestContext, path: string, text: string, expected: RegExp): void {
  const findings = check(t, { [path]: text })
  assert.equal(findings.length, 1, findings.join('\n'))
  assert.match(findings[0] ?? '', expected)
}

const high = 'packages/high/src/a.ts'
const low = 'packages/low/src/wire/a.ts'

describe('a tree that keeps the rules', () => {
  test('has no findings', (t) => {
    const files = {
      [high]: "import { x } from '@x/low'\nimport { parse } from 'yaml'\nimport { join } from 'node:path'",
      [low]: "import { y } from '../bytes/b.ts'\nimport { z } from './z.ts'",
      'packages/low/src/index.ts': "export * from './wire/a.ts'",
      'packages/high/test/a.test.ts': "import '@x/low/testing'\nimport 'checker'\nimport 'node:fs'\nDate.now()",
      'scripts/a.ts': "import { x } from '@x/low'\nimport 'node:fs'\nimport '../bench/harness.ts'",
    }
    assert.deepEqual(check(t, files), [])
  })
})

describe('between packages', () => {
  test('an import against the direction is refused, with its place', (t) => {
    const findings = check(t, { [low]: "\nexport const a = 1\nexport { x } from '@x/high'" })
    assert.ok(findings.includes(`${low}:3:1: low may not import high (only none)`), findings.join('\n'))
  })
  test('a type may not be imported against the direction either', (t) => {
    const findings = check(t, { [low]: "import type { X } from '@x/high'" })
    assert.ok(findings.some((finding) => finding.includes('low may not import high')))
  })
  test('a relative path into another package is refused', (t) => {
    refused(t, high, "import { x } from '../../low/src/index.ts'", /a\.ts:1:1: .* leaves its package.*'@x\/low'/)
  })
  test('a relative path from a script into a package is refused', (t) => {
    refused(t, 'scripts/a.ts', "import { x } from '../packages/low/src/index.ts'", /leaves its package/)
  })
  test('what is not exported is refused', (t) => {
    refused(t, high, "import { x } from '@x/low/src/wire/a.ts'", /not among the exports/)
  })
  test('testing helpers are for tests', (t) => {
    refused(t, high, "import { hex } from '@x/low/testing'", /for tests only/)
  })
  test('an undeclared dependency is refused', (t) => {
    refused(t, high, "await import('left-pad')", /'left-pad' is not a dependency in packages\/high\/package.json/)
  })
  test('a development dependency is refused outside tests', (t) => {
    refused(t, high, "import 'checker'", /'checker' is not a dependency/)
  })
  test('a package does not import itself by name, but its tests may come in by its door', (t) => {
    refused(t, high, "import { x } from '@x/high'", /its own package/)
    assert.deepEqual(check(t, { 'packages/high/test/a.test.ts': "import { x } from '@x/high'" }), [])
  })
  test('a built-in module is written with node:', (t) => {
    refused(t, high, "import { join } from 'path'", /write 'node:path'/)
  })
})

describe('between rooms', () => {
  test('an import against the direction is refused', (t) => {
    refused(t, 'packages/low/src/bytes/b.ts', "import '../wire/a.ts'", /'bytes' may not import 'wire' \(only nothing\)/)
  })
  test('a room that is in no table is refused as soon as it imports', (t) => {
    refused(t, 'packages/low/src/cellar/b.ts', "import '../wire/a.ts'", /'cellar' is missing from the table/)
  })
  test('the door is not a way inside', (t) => {
    refused(t, low, "import { x } from '../index.ts'", /is the package's door/)
  })
  test('a cycle is found, and a diamond is none', () => {
    assert.deepEqual(findCycle({ a: ['b'], b: ['c'], c: ['b'] }), ['b', 'c', 'b'])
    assert.equal(findCycle({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), undefined)
  })
})

describe('the world', () => {
  const touches: [string, string][] = [
    ["import { readFileSync } from 'node:fs'", 'fs'],
    ["import fs from 'node:fs/promises'", 'fs'],
    ["import { connect, isIP } from 'node:net'", 'net'],
    ["const dgram = await import('node:dgram')", 'dgram'],
    ["import { spawn } from 'node:child_process'", 'child_process'],
    ['const start = performance.now()', 'clock'],
    ['const today = new Date()', 'clock'],
    ['const id = Math.random()', 'randomness'],
    ['process.exit(1)', 'exit'],
    ['await import(path)', 'import()'],
  ]
  for (const [text, capability] of touches) {
    test(`${text} needs permission`, (t) => {
      const findings = check(t, { [high]: `\n  ${text}` })
      assert.equal(findings.length, 1, findings.join('\n'))
      assert.ok(findings[0]?.includes(`needs permission (${capability})`), findings[0])
      assert.match(findings[0] ?? '', /^packages\/high\/src\/a\.ts:2:\d+: /)
    })
    test(`${text} is allowed in a file named for it`, (t) => {
      assert.deepEqual(check(t, { [high]: text }, { [high]: { may: [capability], why: 'a test' } }), [])
    })
  }
  test('a type is free', (t) => {
    assert.deepEqual(check(t, { [high]: "import type { Socket } from 'node:net'" }), [])
  })
  test('a function of node:net that only computes is free', (t) => {
    assert.deepEqual(check(t, { [high]: "import { isIP, type Socket } from 'node:net'" }), [])
  })
  test('a permission that nothing uses is reported', (t) => {
    const findings = check(t, { [high]: '' }, { [high]: { may: ['fs'], why: 'once' } })
    assert.match(findings.join('\n'), /does not use its permission \(fs\)/)
  })
})

describe('finding imports', () => {
  const names = (source: string): string[] => findImports(source).map(({ name }) => name)

  test('comments, strings, templates and regular expressions hide nothing and are nothing', () => {
    const source = [
      "// import 'a'",
      "/* import 'b' */ import 'c'",
      'const text = "import \'d\'"',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "const template = `import 'e' ${`${f({ g: await import('h') })}`} import 'i'`",
      "const pattern = /['\"`]/g; import 'j'",
      "const ratio = a / b; import 'k' // '",
    ].join('\n')
    assert.deepEqual(names(source), ['c', 'h', 'j', 'k'])
  })
  test('a declaration over several lines is found where it begins', () => {
    const [found] = findImports("\n\n  import {\n  a,\n  type b,\n} from 'c'")
    assert.deepEqual(found, { name: 'c', text: "'c'", typeOnly: false, line: 3, column: 3 })
  })
  test('a re-export is an import, and a type-only one is told apart', () => {
    assert.deepEqual(names("export * from 'a'\nexport * as b from 'b'\nexport { c } from 'c'"), ['a', 'b', 'c'])
    assert.deepEqual(
      findImports("import type { A } from 'a'\nimport { type B } from 'b'").map(({ typeOnly }) => typeOnly),
      [true, false],
    )
  })
  test('globals are found in code only, also inside a template', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    const source = "'Date.now()'\n// Math.random()\nconst a = `Date.now ${Date.now()}`"
    assert.deepEqual(
      findGlobals(source).map(({ name, line, column }) => ({ name, line, column })),
      [{ name: 'clock', line: 3, column: 23 }],
    )
  })
})
