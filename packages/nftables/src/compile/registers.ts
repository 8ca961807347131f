import { ModelError } from '../model/error.ts'

/** The register file: 16 slots of 4 bytes (NFT_REG32_COUNT), every fourth one beginning a register of 16 bytes. */
const SLOTS = 16
export const SLOTS_PER_REGISTER: number = 4 // NFT_REG_SIZE / NFT_REG32_SIZE

/** Slots that a value of so many bytes takes. */
export function slotsOf(length: number): number {
  return Math.ceil(length / 4)
}

/** The kernel's number of a slot: NFT_REG_1 to _4 where one begins, else NFT_REG32_xx; the spelling that nft uses. */
export function register(slot: number): number {
  if (slot >= SLOTS) throw new ModelError('the rule needs more than 64 bytes of registers', 'use shorter keys')
  return slot % SLOTS_PER_REGISTER === 0 ? 1 + slot / SLOTS_PER_REGISTER : 8 + slot
}

/** Slots in the order of need; one statement begins at the first again. */
export class Registers {
  #next = 0

  /** A whole register, or as many as `length` bytes need; gives its first slot. */
  take(length = 0): number {
    const slot = this.#next
    this.#next += Math.max(1, Math.ceil(slotsOf(length) / SLOTS_PER_REGISTER)) * SLOTS_PER_REGISTER
    return slot
  }
}
