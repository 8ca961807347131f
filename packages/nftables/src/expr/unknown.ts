/** An expression that has no codec here, or bytes that its codec does not understand: kept, and written back. */
export interface UnknownExpression {
  expr: 'unknown'
  /** NFTA_EXPR_NAME */
  name: string
  /** Content of NFTA_EXPR_DATA; absent when the expression has none. */
  data?: Uint8Array
}
