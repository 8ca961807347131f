export { type CaseChange, diffResults, type ResultsDiff, renderDiff } from './diff.ts'
export { printJunit } from './junit.ts'
export { parseResults, printResults, ResultsError } from './parse.ts'
export { type CaseResult, groupsOf, type Results, type Tally, tally, type Verdict } from './results.ts'
