import type { Random } from './random.ts'

/** Ways to spoil a message. Each gets bytes of its own and may change them. */
type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

const HEADER = 20

const flipBits: Mutation = (bytes, random) => {
  for (let count = 1 + random.next(8); count > 0 && bytes.length > 0; count -= 1) {
    bytes[random.next(bytes.length)]! ^= 1 << random.next(8)
  }
  return bytes
}

const cutOff: Mutation = (bytes, random) => bytes.slice(0, random.next(bytes.length + 1))

const lieAboutLength: Mutation = (bytes, random) => {
  if (bytes.length < HEADER) return bytes
  const length = random.pick([
    0,
    4,
    bytes.length,
    bytes.length - 16,
    bytes.length - 24,
    0xfffc,
    0xffff,
    random.next(65_536),
  ])
  return withLength(bytes, length)
}

const lieInAttribute: Mutation = (bytes, random) => {
  const at = random.pick(attributesOf(bytes))
  if (at === undefined) return bytes
  const length = random.pick([0, 1, 3, 4, 5, 19, 20, 21, 33, 0xff, 0xffff, random.next(65_536)])
  bytes[at + 2] = length >> 8
  bytes[at + 3] = length
  return bytes
}

const renumber: Mutation = (bytes, random) => {
  const at = random.pick(attributesOf(bytes))
  if (at === undefined) return bytes
  const type = random.next(2) === 0 ? random.next(0x40) : random.pick([0x8000, 0x8022, 0x8028, 0x8030, 0x7fff, 0xffff])
  bytes[at] = type >> 8
  bytes[at + 1] = type
  return bytes
}

const shuffle: Mutation = (bytes, random) => {
  const parts = pieces(bytes)
  for (let index = parts.length - 1; index > 0; index -= 1) {
    const other = random.next(index + 1)
    ;[parts[index], parts[other]] = [parts[other]!, parts[index]!]
  }
  return joined(bytes, parts)
}

const duplicate: Mutation = (bytes, random) => {
  const parts = pieces(bytes)
  const part = random.pick(parts)
  if (part === undefined) return bytes
  return joined(bytes, [...parts, ...Array.from({ length: 1 + random.next(4) }, () => part)])
}

/** The whole message as the value of an attribute of itself. */
const nest: Mutation = (bytes, random) => {
  const padded = (bytes.length + 3) & ~3
  if (padded > 2000) return bytes
  const attribute = new Uint8Array(4 + padded)
  attribute.set(random.pick([Uint8Array.of(0, 0x13), Uint8Array.of(0, 0x12), Uint8Array.of(0x80, 2)]))
  attribute[2] = bytes.length >> 8
  attribute[3] = bytes.length
  attribute.set(bytes, 4)
  return joined(bytes, [...pieces(bytes), attribute])
}

const overwriteValue: Mutation = (bytes, random) => {
  const at = random.pick(attributesOf(bytes))
  if (at === undefined) return bytes
  const room = bytes.length - at - 4
  if (room > 0) bytes.set(random.bytes(Math.min(room, 1 + random.next(24))), at + 4)
  return bytes
}

const mutations = [
  flipBits,
  cutOff,
  lieAboutLength,
  lieInAttribute,
  renumber,
  shuffle,
  duplicate,
  nest,
  overwriteValue,
] as const

/** A message spoilt in one to three ways, in a copy. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let out: Uint8Array = Uint8Array.from(bytes)
  for (let count = 1 + random.next(3); count > 0; count -= 1) out = random.pick(mutations)(out, random)
  return out
}

/** Where attributes begin, as far as they can be followed. */
function attributesOf(bytes: Uint8Array): number[] {
  const places: number[] = []
  for (let at = HEADER; at + 4 <= bytes.length; ) {
    places.push(at)
    at += 4 + ((bytes[at + 2]! * 256 + bytes[at + 3]! + 3) & ~3)
  }
  return places
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const places = attributesOf(bytes)
  return places.map((at, index) => bytes.slice(at, places[index + 1] ?? bytes.length))
}

function joined(bytes: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const all = Buffer.concat([bytes.subarray(0, HEADER), ...parts])
  return all.length < HEADER ? all : withLength(all, all.length - HEADER)
}

export function withLength(bytes: Uint8Array, length: number): Uint8Array {
  bytes[2] = length >> 8
  bytes[3] = length
  return bytes
}
