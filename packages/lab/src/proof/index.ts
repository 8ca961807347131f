export type { ExamineOptions } from './examine.ts'
export { expectation } from './expectation.ts'
export { complaints, type FactName, type Facts, type Proof, type ProofRow } from './facts.ts'
export { prove, proveAll } from './prove.ts'
