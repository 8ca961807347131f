import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawSvg, pictureOf } from '../../src/picture/index.ts'
import { layOut, type Placed } from '../../src/picture/layout.ts'
import { bigInternet, hotelInternet, satelliteInternet } from '../support/internets.ts'

interface Box {
  readonly what: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const CHARACTER = 7.23 // DejaVu Sans Mono at 12 pixels, the widest of the fonts that are asked for

/** Every rectangle and every label on a link, as the document says it. */
function boxesIn(svg: string): Box[] {
  const rects = [...svg.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)]
  const labels = [...svg.matchAll(/<text class="label" x="([\d.]+)" y="([\d.]+)">([^<]*)</g)]
  return [
    ...rects.map(([, what, x, y, width, height]) => ({
      what: `${what} at ${x},${y}`,
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    })),
    ...labels.map(([, x, y, text]) => ({
      what: `label ${text}`,
      x: Number(x),
      y: Number(y) - 11,
      width: text!.length * CHARACTER,
      height: 13,
    })),
  ]
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

for (const [name, internet, most] of [
  ['a hotel', hotelInternet, 9],
  ['a ship with much to say of its link', satelliteInternet, 12],
  ['fifty nodes', bigInternet, 47],
] as const) {
  test(`${name}: no box and no label lies on another, and all of them lie on the page`, () => {
    const svg = drawSvg(pictureOf(internet))
    const boxes = boxesIn(svg)
    assert.ok(boxes.length >= most, `${boxes.length} boxes and labels`)
    const [, width, height] = /width="(\d+)" height="(\d+)" viewBox/.exec(svg)!.map(Number)
    for (const [index, a] of boxes.entries()) {
      assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= width! && a.y + a.height <= height!, a.what)
      for (const b of boxes.slice(index + 1)) assert.ok(!overlap(a, b), `${a.what} lies on ${b.what}`)
    }
  })
}

test('a link about which there is much to say stretches no other: its label has several lines, half of them above', () => {
  const [, , , ship] = layOut(pictureOf(satelliteInternet)).below
  assert.deepEqual(ship?.label, [
    '300ms ±20ms',
    'loss 5 % in bursts of 8',
    'reorder 1 %',
    'duplicate 2 %, 5mbit',
    'queue 200ms',
    'up: 400ms 1mbit',
    'mtu 1400',
  ])
  const [line] = /<path class="link worse" d="M\d+ ([\d.]+)H/.exec(drawSvg(pictureOf(satelliteInternet)))!.slice(1)
  const above = [
    ...drawSvg(pictureOf(satelliteInternet)).matchAll(/<text class="label" x="[\d.]+" y="([\d.]+)"/g),
  ].filter(([, y]) => Number(y) < Number(line))
  assert.equal(above.length, 4)
})

test('what children share of their links is drawn once, and only a link that does something is dashed', () => {
  const svg = drawSvg(pictureOf(hotelInternet))
  const trunks = [...svg.matchAll(/<path class="link trunk" d="M[\d. ]+H[\d.]+(?:M[\d. ]+V[\d.]+)?"/g)]
  assert.equal(trunks.length, 5) // internet, home, isp, flat, hotel
  assert.equal([...svg.matchAll(/class="link worse"/g)].length, 2)
})

test('every line of text fits into its box', () => {
  const check = ({ lines, width, height, below }: Placed): void => {
    assert.ok(Math.max(...lines.map((line) => line.length)) * CHARACTER < width)
    assert.ok(lines.length * 14 < height)
    below.forEach(check)
  }
  check(layOut(pictureOf(bigInternet)))
})

test('names cannot leave the text they are in, and characters that XML forbids do not come in', () => {
  const svg = drawSvg(pictureOf({ servers: { '</text><script>"\u0000&': {} } }))
  assert.ok(!svg.includes('<script') && !svg.includes('\u0000'))
  assert.match(svg, />&#60;\/text&#62;&#60;script&#62;&#34;\?&#38;<\/text>/)
})

test('the document needs nothing from elsewhere', () => {
  assert.doesNotMatch(drawSvg(pictureOf(hotelInternet)), /href|url\(|@import|<image|<use/)
})
