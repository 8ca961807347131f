import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { internetJsonSchema } from '../../src/text/index.ts'

interface Schema {
  readonly properties: Readonly<Record<string, object>>
  readonly $defs: Readonly<Record<string, Schema>>
  readonly additionalProperties: unknown
}

test('the JSON Schema has every key of a topology and of a router, and no others are allowed', () => {
  const schema = internetJsonSchema() as Schema
  assert.deepEqual(Object.keys(schema.properties), ['$schema', 'seed', 'families', 'servers', 'routers'])
  const { router } = schema.$defs
  assert.deepEqual(Object.keys(router!.properties), [
    'nat',
    'uplink',
    'addresses',
    'lan',
    'ipv6',
    'delegated',
    'nat64',
    'hosts',
    'routers',
  ])
  assert.deepEqual([schema.additionalProperties, router!.additionalProperties], [false, false])
})

test('it is plain JSON, and refers to nothing but itself', () => {
  const schema = internetJsonSchema()
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema)
  const { $defs } = schema as Schema
  for (const [, target] of JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]*)"/g)) assert.ok($defs[target!])
  assert.doesNotMatch(JSON.stringify(schema), /"\$ref":"[^#]/)
})

test('the file in schema/ is this schema', () => {
  const written = readFileSync(new URL('../../../../schema/lab.schema.json', import.meta.url), 'utf8')
  assert.deepEqual(JSON.parse(written), internetJsonSchema(), 'stale: run node scripts/schema.ts')
})
