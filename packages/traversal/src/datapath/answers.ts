import { type Method, methods, reasons } from '../stun/index.ts'

/** Methods that are counted by name; all others, which nobody defined, are one. */
export const answerMethods: readonly (Method | 'other')[] = [...(Object.keys(methods) as Method[]), 'other']
/** 0 is success. */
export const answerCodes: readonly number[] = [0, ...Object.keys(reasons).map(Number)]

const rows = new Map<number, number>(
  Object.values(methods).map((number) => [number, answerMethods.findIndex((name) => isNumber(name, number))]),
)
const columns = new Map(answerCodes.map((code, index) => [code, index]))

/** How requests were answered, by method and code: cells that one thread counts up and others read. */
export class AnswerCells {
  readonly memory: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(answerMethods.length * answerCodes.length * 8)) {
    this.memory = memory
    this.#cells = new Float64Array(memory)
  }

  /** @param code of the error, 0 for success */
  add(method: number, code: number): void {
    const row = rows.get(method) ?? answerMethods.length - 1
    const column = columns.get(code) ?? 0
    this.#cells[row * answerCodes.length + column]! += 1
  }

  read(method: Method | 'other', code: number): number {
    return this.#cells[answerMethods.indexOf(method) * answerCodes.length + answerCodes.indexOf(code)] ?? 0
  }
}

function isNumber(name: Method | 'other', number: number): boolean {
  return name !== 'other' && methods[name] === number
}
