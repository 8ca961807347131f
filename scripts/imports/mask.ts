/**
 * TypeScript source with its comments, and optionally the contents of its strings, blanked out, every other character
 * in its place: what is then found by a plain search is code, and where it is found is where it stands.
 */
export interface Masked {
  /** Comments are spaces. */
  readonly code: string
  /** Comments and the contents of strings, templates and regular expressions are spaces. */
  readonly bare: string
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const templateText = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
const regularExpression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
/** A slash behind one of these begins a regular expression; behind anything else it divides. */
const beforeOperand = /(?:^|[([{},;=:?!&|+\-*%~^<>]|\b(?:return|typeof|case|of|in|await|void))\s*$/

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')
/** The delimiters stay: 'abc' becomes three spaces between quotes. */
const hollow = (text: string): string => text[0] + blank(text.slice(1, -1)) + text[text.length - 1]

export function mask(source: string): Masked {
  return new Masker(source).run()
}

class Masker {
  readonly #source: string
  #at = 0
  #code = ''
  #bare = ''
  /** For each template we are inside of, the braces open in its current `${…}`. */
  readonly #templates: number[] = []

  constructor(source: string) {
    this.#source = source
  }

  run(): Masked {
    while (this.#at < this.#source.length) this.#step()
    return { code: this.#code, bare: this.#bare }
  }

  #step(): void {
    const remark = this.#match(comment)
    const text = remark ?? this.#match(quoted) ?? this.#regularExpression()
    if (remark !== undefined) this.#emit(remark, blank(remark), blank(remark))
    else if (text !== undefined) this.#emit(text, text, hollow(text))
    else this.#character(this.#source[this.#at] ?? '')
  }

  #character(char: string): void {
    this.#emit(char, char, char)
    if (char === '`' || this.#endsSubstitution(char)) this.#template()
  }

  /** Counts the braces of the innermost `${…}`; true when its own one closes. */
  #endsSubstitution(char: string): boolean {
    const innermost = this.#templates.length - 1
    if (innermost < 0) return false
    if (char === '{') this.#templates[innermost]! += 1
    if (char !== '}' || --this.#templates[innermost]! > 0) return false
    this.#templates.pop()
    return true
  }

  /** The text of a template up to its end or to the next `${`, which is code again. */
  #template(): void {
    const text = this.#match(templateText) ?? ''
    this.#emit(text, text, blank(text))
    const end = this.#source.startsWith('${', this.#at) ? '${' : this.#source.slice(this.#at, this.#at + 1)
    this.#emit(end, end, end)
    if (end === '${') this.#templates.push(1)
  }

  #regularExpression(): string | undefined {
    if (this.#source[this.#at] !== '/' || !beforeOperand.test(this.#bare.slice(-200))) return undefined
    return this.#match(regularExpression)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source)?.[0]
  }

  #emit(text: string, code: string, bare: string): void {
    this.#at += text.length
    this.#code += code
    this.#bare += bare
  }
}
