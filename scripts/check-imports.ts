/** `node scripts/check-imports.ts [ROOT]`: prints FILE:LINE:COLUMN: problem, exits 1 if there is any. */
import { dirname } from 'node:path'
import { checkTree } from './imports/check.ts'
import { rules } from './imports/rules.ts'

const root = process.argv[2] ?? dirname(import.meta.dirname)
const findings = checkTree(root, rules)
for (const { file, line, column, problem } of findings) console.error(`${file}:${line}:${column}: ${problem}`)
if (findings.length > 0) process.exitCode = 1
else console.log('imports: every one is allowed')
