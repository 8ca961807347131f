import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Exports } from '../scripts/reference/exports.ts'
import { renderSection, signatureOf } from '../scripts/reference/render.ts'
import { proseOf, statementsOf } from '../scripts/reference/statements.ts'

const texts = (source: string): string[] => statementsOf(source).map(({ text }) => text)

describe('a declaration file', () => {
  test('is cut at semicolons and at the ends of blocks', () => {
    assert.deepEqual(
      texts("import { a } from './a.ts';\nexport interface B {\n    b: { c: 1; };\n}\nexport type C = 'd';\n"),
      ["import { a } from './a.ts';", 'export interface B {\n    b: { c: 1; };\n}', "export type C = 'd';"],
    )
  })
  test('is not cut within strings, templates, comments, and types of a heritage clause', () => {
    const source = [
      "export type A = ';' | `};`;",
      'export interface B extends C<{',
      '    /** one; two } */',
      '    d: 1;',
      '}> {',
      '    e: 2;',
      '}',
    ]
    assert.deepEqual(texts(`${source.join('\n')}\n`), [source[0], source.slice(1).join('\n')])
  })
  test('gives each statement its own docstring', () => {
    const found = statementsOf('/** Of a. */\nexport type A = 1;\nexport type B = 2;\n// not one\nexport type C = 3;\n')
    assert.deepEqual(
      found.map(({ doc }) => doc),
      ['Of a.', '', ''],
    )
  })
})

test('a docstring loses its stars, and its links become code', () => {
  assert.equal(proseOf('/**\n * Does {@link x}.\n *\n * And more.\n */'), 'Does `x`.\n\nAnd more.')
})

describe('what a package exports', () => {
  const files = new Map([
    [
      'p/src/index.ts',
      "export * from './a.ts';\nexport { b, type C as D } from './b/index.ts';\nexport * as whole from './a.ts';\n",
    ],
    [
      'p/src/a.ts',
      'export declare function f(): void;\nexport declare function f(x: 1): void;\ntype Hidden = 1;\nexport {};\n',
    ],
    ['p/src/b/index.ts', "export * from './c.ts';\n"],
    ['p/src/b/c.ts', 'export declare const b: 1;\nexport type C = 2;\nexport type E = 3;\n'],
  ])
  const exports = new Exports(files)

  test('is found where it is declared, once, with its overloads', () => {
    const found = exports.of('p/src/index.ts').map(({ name, file, statements }) => [name, file, statements.length])
    assert.deepEqual(found, [
      ['f', 'p/src/a.ts', 2],
      ['b', 'p/src/b/c.ts', 1],
      ['D', 'p/src/b/c.ts', 1],
    ])
  })
  test('may be a whole module', () => {
    assert.deepEqual(exports.modulesOf('p/src/index.ts'), [{ name: 'whole', file: 'p/src/a.ts' }])
  })
  test('must be there', () => {
    const broken = new Exports(new Map([...files, ['p/src/index.ts', "export { gone } from './a.ts';\n"]]))
    assert.throws(() => broken.of('p/src/index.ts'), /exports 'gone' from p\/src\/a\.ts, where it is not/)
  })
  test('must be understood', () => {
    assert.throws(
      () => new Exports(new Map([['p/x.ts', 'export default 1;\n']])).of('p/x.ts'),
      /what is this statement/,
    )
  })
  test('is shown under the name that it is exported as', () => {
    const page = renderSection({ title: 't', introduction: 'i', names: exports.of('p/src/index.ts') })
    assert.match(page, /#### D, declared as C\n\n```ts\ntype C = 2\n```/)
  })
})

test('a signature has the style of the project, and no private fields', () => {
  const text = 'export declare class A {\n    #private;\n    /** See {@link b}; ever. */\n    b(): { c: 1; };\n}'
  assert.equal(signatureOf(text), 'class A {\n  /** See `b`; ever. */\n  b(): { c: 1; }\n}')
})
