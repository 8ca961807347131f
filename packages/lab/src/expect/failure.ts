/**
 * An expectation of a NAT that was not met: what was expected and what was observed, in the fields that test runners
 * show side by side.
 */
export class ExpectationFailed extends Error {
  override readonly name = 'ExpectationFailed'
  readonly code = 'ERR_ASSERTION' // by this test runners know that it is no accident
  readonly expected: unknown
  readonly actual: unknown

  constructor(message: string, { expected, actual }: { readonly expected: unknown; readonly actual: unknown }) {
    super(message)
    this.expected = expected
    this.actual = actual
  }
}
