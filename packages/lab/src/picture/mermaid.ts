import type { Picture } from './picture.ts'

/** The picture as a Mermaid flowchart: for Markdown that is rendered. */
export function drawMermaid(picture: Picture): string {
  const lines = ['flowchart LR']
  let count = 0
  const visit = (node: Picture): string => {
    const id = `n${count}`
    count += 1
    lines.push(`  ${id}${shapes[node.kind](quoted(linesOf(node).join('\n')))}`)
    for (const child of node.below) {
      const before = lines.length
      const below = visit(child)
      const link = child.link === '' ? '---' : `---|${quoted(child.link)}|`
      // The edge stands behind the child's own line, before what is below the child.
      lines.splice(before + 1, 0, `  ${id} ${link} ${below}`)
    }
    return id
  }
  visit(picture)
  return `${lines.join('\n')}\n`
}

type Shape = (label: string) => string

const shapes: Readonly<Record<Picture['kind'], Shape>> = {
  internet: (label) => `((${label}))`,
  network: (label) => `([${label}])`,
  router: (label) => `{{${label}}}`,
  host: (label) => `[${label}]`,
  server: (label) => `[(${label})]`,
  again: (label) => `[${label}]:::again`,
}

function linesOf({ kind, name, nat, addresses }: Picture): string[] {
  return [kind === 'again' ? `${name} (see above)` : name, ...(nat === undefined ? [] : [nat]), ...addresses]
}

/** Everything that Mermaid, Markdown or HTML could read is written as a character code (`#35;`). */
function quoted(text: string): string {
  const escaped = text.replace(/[^\p{L}\p{N} .,:/()%+\n-]/gu, (character) => `#${character.codePointAt(0)};`)
  return `"${escaped.replaceAll('\n', '<br/>')}"`
}
