import type { Cell } from '../cell.ts'
import type { Matrix } from '../matrix.ts'
import { effort, observation, prediction, seconds, summary } from './words.ts'

/** The matrix as one HTML file that needs nothing else: the grid, and what happened in every cell. */
export function matrixHtml(matrix: Matrix): string {
  const { presets, protocol, started, ms } = matrix
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hole punching: ${presets.length} NATs</title>
<style>${style}</style>
<h1>Hole punching over ${protocol.toUpperCase()}</h1>
<p>${text(summary(matrix))}; ${effort(matrix)}, ${text(started)}, ${seconds(ms)}.</p>
${grid(matrix)}
<p class="legend"><span class="direct">opened every time</span> <span class="none">never</span>
<span class="race">depends on who is quicker</span> <span class="differs">not as theory says</span></p>
<h2>The NATs</h2>
<dl>${presets.map(({ name, title = '' }) => `<dt>${text(name)}</dt><dd>${text(title)}</dd>`).join('\n')}</dl>
<h2>Cell by cell</h2>
${matrix.cells.map(details).join('\n')}
</html>
`
}

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; --good: #1a7f37; --bad: #b42318; --race: #9a6700 }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse }
th, td { padding: .3rem .5rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); text-align: left }
thead th { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 500 }
td a { display: inline-block; padding: .1rem .4rem; border-radius: .25rem; text-decoration: none; margin: 1px }
.direct { background: var(--good); color: #fff }
.none { background: var(--bad); color: #fff }
.race { background: var(--race); color: #fff }
.differs { outline: 3px dashed var(--bad); outline-offset: 1px }
.legend span { padding: .1rem .5rem; border-radius: .25rem; margin-right: .5rem }
dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .4rem 0 }
details:target > summary { font-weight: 700 }
pre { overflow-x: auto; font-size: .85em }
`

function grid(matrix: Matrix): string {
  const { presets } = matrix
  const head = presets.map(({ name }) => `<th scope="col">${text(name)}</th>`).join('')
  const rows = presets.map(({ name: a }, row) => {
    const cells = presets.map(({ name: b }, column) => (column < row ? '<td></td>' : `<td>${signs(matrix, a, b)}</td>`))
    return `<tr><th scope="row">${text(a)}</th>${cells.join('')}</tr>`
  })
  const corner = matrix.staggers.map((stagger) => `+${stagger} ms`).join(', ')
  return `<div class="scroll"><table><thead><tr><td>b begins ${corner}</td>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`
}

function signs({ cells }: Matrix, a: string, b: string): string {
  const own = cells.filter((cell) => cell.a === a && cell.b === b)
  return own.map((cell) => `<a class="${classOf(cell)}" href="#${idOf(cell)}">${cell.open}/${cell.trials}</a>`).join('')
}

function details(cell: Cell): string {
  const { because, explanation } = cell
  const reasons = because.map((reason) => `<li>${text(reason)}</li>`).join('')
  const seen = explanation === undefined ? '' : `<p>Seen: ${text(explanation.what)}</p>${packets(explanation)}`
  return `<details id="${idOf(cell)}"${cell.agrees ? '' : ' open'}><summary>${text(cell.a)} (a) × ${text(cell.b)} (b), \
${text(observation(cell))}; ${text(prediction(cell))}${cell.agrees ? '' : ' — it is not so'}</summary>
<ul>${reasons}</ul>${seen}</details>`
}

function packets({ packets, flows }: NonNullable<Cell['explanation']>): string {
  const held = (side: 'a' | 'b'): string[] => flows[side].map((flow) => `conntrack at ${side}'s router: ${flow}`)
  return `<pre>${text([...packets, ...held('a'), ...held('b')].join('\n'))}</pre>`
}

function classOf({ observed, agrees }: Cell): string {
  return agrees ? observed : `${observed} differs`
}

function idOf({ a, b, stagger }: Cell): string {
  return `${a}-${b}-${stagger}`.replace(/[^\w-]/g, '_')
}

function text(raw: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return raw.replace(/[&<>"]/g, (character) => entities[character]!)
}
