import { type ExpressionCodec, expression } from './table.ts'

/** The packet is not to be tracked. Has no attributes. */
export interface Notrack {
  expr: 'notrack'
}

export const notrack: ExpressionCodec<Notrack> = expression<Notrack>('notrack', {})
