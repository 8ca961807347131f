/** An XML parser of the smallest kind, strict where a wrong document could slip through; for tests of what we print. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

const token =
  /<\?xml [^>]*\?>\n|<\/(?<close>[\w-]+)>|<(?<open>[\w-]+)(?<attributes>(?: [\w-]+="[^"<]*")*)(?<empty>\/?)>|(?<text>[^<]+)/gy

export function parseXml(document: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  token.lastIndex = 0
  while (token.lastIndex < document.length) {
    const at = token.lastIndex
    const groups = token.exec(document)?.groups
    if (groups === undefined) throw new Error(`no XML: ${document.slice(at, at + 80)}`)
    step(open, groups)
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('elements are not closed, or there are several')
  return root.children[0]!
}

function step(open: Element[], groups: Readonly<Record<string, string | undefined>>): void {
  const inside = open.at(-1)!
  if (groups.text !== undefined) inside.text += plain(groups.text)
  if (groups.close !== undefined && open.pop()?.name !== groups.close)
    throw new Error(`</${groups.close}> closes another`)
  if (groups.open === undefined) return
  const found = [...(groups.attributes ?? '').matchAll(/ ([\w-]+)="([^"]*)"/g)]
  const attributes = Object.fromEntries(found.map(([, name, value]) => [name, plain(value!.replace(/[\t\n\r]/g, ' '))]))
  const element: Element = { name: groups.open, attributes, children: [], text: '' }
  inside.children.push(element)
  if (groups.empty === '') open.push(element)
}

const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function plain(text: string): string {
  return text.replaceAll('\r', '\n').replace(/&(?:#(\d+)|(\w+));|&/g, (all, code: string | undefined, name = '') => {
    const character = code === undefined ? names[name] : String.fromCodePoint(Number(code))
    if (character === undefined) throw new Error(`'${all}' is no reference`)
    return character
  })
}
