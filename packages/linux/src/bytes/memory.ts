import type { Layout } from './layout.ts'

/** How a value lay on the wire. Neither copied with the value nor seen when values are compared or printed. */
export interface Memory {
  /** Of its attributes. */
  readonly layout?: Layout | undefined
  /** Of the attributes around it, where the value is what they hold. */
  readonly outer?: Layout | undefined
  /** What it was made from, where that says more than it. */
  readonly source?: object | undefined
}

/** A constructor that returns its argument: what extends it adds its private fields to any object. */
class Itself {
  constructor(value: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what it is for
    return value
  }
}

/** A private field is a tenth of the price of a WeakMap, and unlike a property under a symbol no equality sees it. */
class Remembering extends Itself {
  #memory: Memory

  constructor(value: object, memory: Memory) {
    super(value)
    this.#memory = memory
  }

  static of(value: object): Memory | undefined {
    return #memory in value ? value.#memory : undefined
  }

  static add(value: object, memory: Memory): void {
    if (#memory in value) value.#memory = { ...value.#memory, ...memory }
    else new Remembering(value, memory)
  }
}

/** What is known about how it was read; undefined when nothing is, or when we would write it so. */
export function memoryOf(value: object): Memory | undefined {
  return Remembering.of(value)
}

/** Adds to what is known about the value. Returns it. */
export function remember<T extends object>(value: T, memory: Memory): T {
  Remembering.add(value, memory)
  return value
}

/** `value` is written in the order in which `from` was read: for values that are made from others. Returns it. */
export function keepLayout<T extends object>(value: T, from: object): T {
  const layout = Remembering.of(from)?.layout
  if (layout !== undefined && value !== from) Remembering.add(value, { layout })
  return value
}
