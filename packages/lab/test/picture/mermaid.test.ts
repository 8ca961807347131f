import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawMermaid, pictureOf } from '../../src/picture/index.ts'
import { hotelInternet } from '../support/internets.ts'

test('routers are hexagons with their NAT, and links say what they do', () => {
  const text = drawMermaid(pictureOf(hotelInternet))
  assert.match(text, /^flowchart LR\n {2}n0\(\("internet"\)\)\n/)
  const [, router] = /(n\d+)\{\{"hotel<br\/>symmetric"\}\}/.exec(text)!
  assert.match(text, new RegExp(`  n0 ---\\|"20ms, loss 1 %, 50mbit, up: 5mbit"\\| ${router}\n`))
  const [, host] = /(n\d+)\["bob"\]/.exec(text)!
  assert.match(text, new RegExp(`  ${router} --- ${host}\n`))
})

test('every node but the internet hangs below exactly one other, which stands above it', () => {
  const text = drawMermaid(pictureOf(hotelInternet))
  const nodes = [...text.matchAll(/^ {2}(n\d+)[([{]/gm)].map(([, id]) => id)
  const edges = [...text.matchAll(/^ {2}(n\d+) ---(?:\|[^|]*\|)? (n\d+)$/gm)]
  assert.deepEqual(
    edges.map(([, , to]) => to),
    nodes.slice(1),
  )
  for (const [, from, to] of edges) assert.ok(nodes.indexOf(from) < nodes.indexOf(to))
})

test('a name with quotes, brackets and markup is written in character codes', () => {
  const text = drawMermaid(pictureOf({ servers: { 'a"]; click n0 <b>`x`#end': {} } }))
  assert.match(text, /\[\("a#34;#93;#59; click n0 #60;b#62;#96;x#96;#35;end"\)\]/)
})
