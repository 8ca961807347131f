// Tries to make a lab without a sandbox. Run by outside.test.ts.
import { Lab } from '@sallyport/lab'

await using lab = await Lab.create()
lab.node('a', {})
process.stdout.write('built\n')
