import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lab, type LabNode } from '@sallyport/lab'

export const program: string = join(import.meta.dirname, '../../bin/sallyport.js')

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A machine with the interfaces eth0 and eth1, and a folder for configs. */
export interface Machine extends AsyncDisposable {
  readonly node: LabNode
  /** Writes a config and returns its path. */
  file(text: string, name?: string): string
  sallyport(...args: string[]): Promise<Outcome>
}

export async function machine(): Promise<Machine> {
  const lab = await Lab.create()
  const node = lab.node('machine', {
    eth0: lab.network('internet').at('203.0.113.1/24'),
    eth1: lab.network('home').at('192.168.1.1/24'),
  })
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  return {
    node,
    file(text, name = 'home.yaml') {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
    sallyport: (...args) => node.exec(process.execPath, [program, ...args]),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
      await lab[Symbol.asyncDispose]()
    },
  }
}

export const home = `wan: eth0
lan: { eth1: 192.168.1.1/24 }
hosts: { workstation: 192.168.1.100 }
forwards: [tcp/6881 -> workstation]
`
