import { CHARACTER, LINE, layOut, PADDING, type Placed } from './layout.ts'
import type { Picture } from './picture.ts'
import { widthOf } from './width.ts'

const MARGIN = 12

/** Mid greys for what lies on the page itself; boxes have a ground of their own: readable on light and dark pages. */
const STYLE = `
    text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1b2430; white-space: pre }
    .name { font-weight: bold }
    .link { fill: none; stroke: #7d8894; stroke-width: 1.5 }
    .worse { stroke-dasharray: 5 3 }
    .label { fill: #74808c }
    rect { stroke: #5b6773; rx: 5px }
    .internet { fill: #d7e3f1 } .network { fill: #e4e7ea } .router { fill: #fbe3bd }
    .host { fill: #d8efd9 } .server { fill: #e6dcf4 } .again { fill: #e4e7ea; stroke-dasharray: 3 3 }`

/** The picture as an SVG document that needs nothing else. */
export function drawSvg(picture: Picture): string {
  const all = everything(layOut(picture))
  const width = Math.ceil(Math.max(...all.map(({ x, width }) => x + width)) + 2 * MARGIN)
  const height = Math.ceil(Math.max(...all.map(({ y, height }) => y + height)) + 2 * MARGIN)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>${xml(picture.name)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <g transform="translate(${MARGIN} ${MARGIN})">`,
    ...all.flatMap((from) => from.below.flatMap((to) => link(from, to))),
    ...all.flatMap(box),
    '  </g>',
    '</svg>',
    '',
  ].join('\n')
}

function everything(placed: Placed): Placed[] {
  return [placed, ...placed.below.flatMap(everything)]
}

function box({ node, lines, x, y, width, height }: Placed): string[] {
  return [
    `    <rect class="${node.kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="5"/>`,
    ...lines.map((line, index) => {
      const style = index === 0 ? ' class="name"' : ''
      return `    <text${style} x="${round(x + PADDING)}" y="${round(y + PADDING + LINE * index + 12)}">${xml(line)}</text>`
    }),
  ]
}

/** Out of the parent, down a rail of its own column, and level into the child, where the label has room above it. */
function link(from: Placed, to: Placed): string[] {
  const [startX, startY] = [from.x + from.width, from.y + from.height / 2]
  const endY = to.y + to.height / 2
  const rail = startX + 12
  const path = `M${round(startX)} ${round(startY)}H${round(rail)}V${round(endY)}H${round(to.x)}`
  const style = to.node.link === '' ? 'link' : 'link worse'
  const line = `    <path class="${style}" d="${path}"/>`
  if (to.node.link === '') return [line]
  const room = widthOf(to.node.link) * CHARACTER
  const label = `    <text class="label" x="${round(to.x - PADDING - room)}" y="${round(endY - 5)}">`
  return [line, `${label}${xml(to.node.link)}</text>`]
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** For text of XML 1.0: no markup, and no characters that it forbids. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
