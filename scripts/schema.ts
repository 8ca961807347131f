/**
 * Writes schema/config.schema.json, the JSON Schema of the router's config for editors, from the shapes that the config
 * is read with. `--check` writes nothing and fails when the file is not what would be written.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { configJsonSchema } from '@sallyport/router'

const target = new URL('../schema/config.schema.json', import.meta.url)
const wanted = `${JSON.stringify(configJsonSchema(), null, 2)}\n`

if (!process.argv.includes('--check')) await writeFile(target, wanted)
else if ((await present()) !== wanted) {
  console.error('schema/config.schema.json is not what the config room reads; run: node scripts/schema.ts')
  process.exitCode = 1
}

async function present(): Promise<string> {
  try {
    return await readFile(target, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
