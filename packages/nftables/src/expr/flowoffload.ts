import { text } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** Puts the connection into a flowtable: its next packets pass by the rules. */
export interface FlowOffload {
  expr: 'flow_offload'
  tableName: string
}

export const flowOffload: ExpressionCodec<FlowOffload> = expression<FlowOffload>('flow_offload', {
  tableName: [1, text, 'NFTA_FLOW_TABLE_NAME'],
})
