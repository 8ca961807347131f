/**
 * Writes the JSON Schemas for editors from what the files are read with: schema/config.schema.json of the router's
 * config, schema/lab.schema.json of a lab's topology. `--check` writes nothing and fails when a file is not what would
 * be written.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { internetJsonSchema } from '@sallyport/lab'
import { configJsonSchema } from '@sallyport/router'

const schemas = { config: configJsonSchema(), lab: internetJsonSchema() }

for (const [name, schema] of Object.entries(schemas)) {
  const file = `schema/${name}.schema.json`
  const target = new URL(`../${file}`, import.meta.url)
  const wanted = `${JSON.stringify(schema, null, 2)}\n`
  if (!process.argv.includes('--check')) await writeFile(target, wanted)
  else if ((await present(target)) !== wanted) {
    console.error(`${file} is not what is read; run: node scripts/schema.ts`)
    process.exitCode = 1
  }
}

async function present(target: URL): Promise<string> {
  try {
    return await readFile(target, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
