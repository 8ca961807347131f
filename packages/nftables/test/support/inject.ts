import { type Attribute, NLA_F_NESTED, parseAttributes, Writer, writeAttribute } from '@sallyport/linux'
import type { Random } from '@sallyport/linux/testing'

const FUTURE = 0x3f00 // no attribute has a number like that

/** The same attributes, with one that nobody knows put somewhere into every list of attributes, at every depth. */
export function injected(bytes: Uint8Array, random: Random): Uint8Array {
  const found = [...parseAttributes(bytes)]
  const out = new Writer()
  const at = isArray(found) ? -1 : random.below(found.length + 1)
  for (const [index, attribute] of found.entries()) {
    if (index === at) unknown(out, random)
    const content = attribute.nested ? injected(attribute.bytes, random) : attribute.bytes
    writeAttribute(out, attribute.type | (attribute.nested ? NLA_F_NESTED : 0), (inner) => inner.bytes(content))
  }
  if (at === found.length) unknown(out, random)
  return out.finish()
}

function unknown(out: Writer, random: Random): void {
  writeAttribute(out, FUTURE + random.below(16), (inner) => inner.bytes(random.bytes(random.below(9))))
}

/** Elements of an array, all of type 1 and nested: what stands there is an element, known or not. */
function isArray(found: readonly Attribute[]): boolean {
  return found.length > 0 && found.every(({ type, nested }) => type === 1 && nested)
}

/** The same attributes in another order, at every depth but in arrays; with flag bits that we would not write. */
export function shuffled(bytes: Uint8Array, random: Random): Uint8Array {
  const found = [...parseAttributes(bytes)]
  const order = isArray(found) ? found : shuffle(found, random)
  const out = new Writer()
  for (const attribute of order) {
    const content = attribute.nested ? shuffled(attribute.bytes, random) : attribute.bytes
    const flag = attribute.nested && random.below(2) === 0 ? NLA_F_NESTED : 0
    writeAttribute(out, attribute.type | flag, (inner) => inner.bytes(content))
  }
  return out.finish()
}

function shuffle<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((each) => [random.next(), each] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each)
}
