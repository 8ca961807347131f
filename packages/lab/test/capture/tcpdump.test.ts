import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needs, programPath } from '@sallyport/linux/testing'
import { readPcapng } from '../../src/capture/index.ts'

// Not in a sandbox: there tcpdump thinks that it is root, and fails to become somebody else.
test('tcpdump reads the file of a whole lab', needs({ tcpdump: 'tcpdump' }), () => {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'))
  try {
    const file = join(folder, 'lab.pcapng')
    const recorded = spawnSync(process.execPath, [fileURLToPath(import.meta.resolve('./record.ts')), file])
    assert.equal(recorded.status, 0, `${recorded.stderr}`)
    assert.equal(readPcapng(readFileSync(file)).interfaces.length, 4)
    const { stdout, stderr } = spawnSync(programPath('tcpdump')!, ['-n', '-r', file, 'udp'], { encoding: 'utf8' })
    const ways = [...stdout.matchAll(/IP (\S+ > [^:]+): UDP/g)].map(([, way]) => way)
    const [inside, outside] = ['192.168.1.2.40000 > 203.0.113.10.3478', '203.0.113.2.40000 > 203.0.113.10.3478']
    assert.deepEqual(ways, [inside, inside, outside, outside], stderr)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
