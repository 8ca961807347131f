export type { ExamineOptions } from './examine.ts'
export { expectation } from './expectation.ts'
export type { FactName, Facts, Proof, ProofRow } from './facts.ts'
export { prove, proveAll } from './prove.ts'
