import { checkComment, checkName } from './identifier.ts'

/** A counter with a name, that several rules can count into and that keeps counting when rules change. */
export interface CounterObject {
  readonly object: 'counter'
  readonly name: string
  readonly comment?: string
}

export function counterObject(name: string, options: { readonly comment?: string } = {}): CounterObject {
  checkName('counter', name)
  if (options.comment !== undefined) checkComment(options.comment)
  return { object: 'counter', name, ...options }
}
