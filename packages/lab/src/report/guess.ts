/** Interface names that an nft file is written for, as far as it says. */
export interface Interfaces {
  readonly wan?: string
  readonly lan?: string
}

const NAME = /\b(?:iifname|oifname|iif|oif)\s+(?:!=\s*)?(\{[^}]*\}|\$?[\w.@-]+|"[^"]+")/g

/**
 * Reads the names of interfaces out of nft text: the WAN is the one that packets leave by where they are masqueraded or
 * get another source, the LAN the first other one. `define`d names are looked up.
 */
export function guessInterfaces(text: string): Interfaces {
  const defined = definitions(text)
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const translating = lines.filter((line) => /\b(masquerade|snat)\b/.test(line) && /\boif(name)?\b/.test(line))
  const wan = translating.flatMap((line) => namesIn(line.slice(line.search(/\boif/)), defined))[0]
  const lan = namesIn(lines.join('\n'), defined).find((name) => name !== wan && name !== 'lo')
  return { ...(wan !== undefined && { wan }), ...(lan !== undefined && { lan }) }
}

function namesIn(text: string, defined: ReadonlyMap<string, string>): string[] {
  return [...text.matchAll(NAME)].flatMap(([, value = '']) => words(value, defined))
}

/** `eth0`, `"eth0"`, `{ eth0, "eth1" }` and `$WAN`, which is one of those. */
function words(value: string, defined: ReadonlyMap<string, string>): string[] {
  const listed = value.replaceAll(/[{}"]/g, '').split(',')
  return listed.flatMap((word) => {
    const name = word.trim()
    if (!name.startsWith('$')) return name === '' ? [] : [name]
    const meant = defined.get(name.slice(1))
    return meant === undefined ? [] : words(meant, new Map())
  })
}

function definitions(text: string): Map<string, string> {
  const found = text.matchAll(/^\s*define\s+(\w+)\s*=\s*(\{[^}]*\}|"[^"]+"|[\w.@-]+)/gm)
  return new Map([...found].map(([, name = '', value = '']) => [name, value]))
}
