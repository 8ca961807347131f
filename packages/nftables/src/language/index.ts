/** The nft language: printing. Parsing (text → model) gets its room beside it, in `parse.ts` and its parts. */
export { print, printTable } from './print.ts'
export { printRule, printStatement } from './rule.ts'
export { printSet } from './set.ts'
