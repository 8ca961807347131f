import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly workspaces?: string[]
  readonly exports?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

const root = dirname(import.meta.dirname)
const read = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
const workspace = read('package.json')
const packages = globSync('packages/*/package.json', { cwd: root }).sort()

describe('the packages', () => {
  test('are the workspaces', () => {
    assert.deepEqual(packages.map(dirname), workspace.workspaces?.toSorted())
  })
  for (const path of packages) {
    const { version, dependencies, exports } = read(path)
    test(`${dirname(path)} has the one version, and depends on exactly it`, () => {
      assert.equal(version, workspace.version)
      const ours = Object.entries(dependencies ?? {}).filter(([name]) => name.startsWith('@sallyport/'))
      for (const [name, wanted] of ours) assert.equal(wanted, workspace.version, name)
    })
    test(`${dirname(path)} has the files that it exports`, () => {
      for (const file of Object.values(exports ?? {})) assert.ok(existsSync(join(root, dirname(path), file)), file)
    })
  }
})

test('the lock file names the optional packages of every platform, without which npm 11 refuses npm ci', () => {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Manifest>
  }
  const wanted = Object.values(locked).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  const missing = wanted.filter((name) => !(`node_modules/${name}` in locked))
  assert.deepEqual(missing, [])
})
