import type { TypeName } from './datatype.ts'
import { ModelError } from './error.ts'
import { type Computed, type Operand, type ParsedOperand, parseOperand } from './operand.ts'
import { type ElementValue, type Field, FlagField, NumberField } from './selector.ts'

/** Sets what the selector reads: `meta mark set …`, `ip ttl set …`. */
export interface SetField {
  readonly statement: 'set'
  readonly target: Field
  readonly value: ParsedOperand
}

/** A selector that rules can also write. The kernel refuses those that it does not let be written. */
export class WritableField<T extends TypeName = TypeName> extends NumberField<T> {
  /** To a value, or to what another selector or a map gives. */
  set(value: Operand<T>): SetField {
    return { statement: 'set', target: this, value: parseOperand(this.type, value) }
  }
}

/** Flags that rules can also write: `ct event set new,destroy`. */
export class WritableFlags<T extends TypeName = TypeName> extends FlagField<T> {
  set(...flags: readonly ElementValue<T>[]): SetField {
    const { mask } = this.any(...flags)
    const value = { operand: 'constant', type: this.type, value: [{ first: mask, last: mask }] } as const
    return { statement: 'set', target: this, value }
  }
}

const ALL = 0xffffffffn

/** A mark of a packet or connection: rules write it, and compute with it. */
export class MarkField extends WritableField<'mark'> {
  /** `meta mark & 0xff` */
  and(mask: number): Computed<'mark'> {
    return this.#bits(`& ${hexadecimal(mask)}`, bits(mask), 0n)
  }

  /** `meta mark | 0x100` */
  or(more: number): Computed<'mark'> {
    return this.#bits(`| ${hexadecimal(more)}`, ALL ^ bits(more), bits(more))
  }

  /** `meta mark ^ 0x5` */
  xor(turned: number): Computed<'mark'> {
    return this.#bits(`^ ${hexadecimal(turned)}`, ALL, bits(turned))
  }

  /** The bits of `mask`, and those of `more` set: `meta mark & 0xff | 0x100`. */
  andOr(mask: number, more: number): Computed<'mark'> {
    const kept = bits(mask) & (ALL ^ bits(more))
    return this.#bits(`& ${hexadecimal(mask)} | ${hexadecimal(more)}`, kept, bits(more))
  }

  /** `meta mark << 4` */
  shiftLeft(count: number): Computed<'mark'> {
    return this.#shift('lshift', '<<', count)
  }

  /** `meta mark >> 4` */
  shiftRight(count: number): Computed<'mark'> {
    return this.#shift('rshift', '>>', count)
  }

  #bits(text: string, mask: bigint, xor: bigint): Computed<'mark'> {
    return {
      operand: 'computed',
      type: 'mark',
      selector: this,
      op: 'mask_xor',
      mask,
      xor,
      text: `${this.text} ${text}`,
    }
  }

  #shift(op: 'lshift' | 'rshift', sign: string, count: number): Computed<'mark'> {
    if (!Number.isInteger(count) || count < 0 || count > 31) throw new ModelError(`a shift by ${count}`, 'give 0 to 31')
    return { operand: 'computed', type: 'mark', selector: this, op, count, text: `${this.text} ${sign} ${count}` }
  }
}

function bits(value: number): bigint {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new ModelError(`${value} is not a number of 32 bits`)
  }
  return BigInt(value)
}

const hexadecimal = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`
