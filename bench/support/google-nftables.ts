import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkNamespace } from '@sallyport/linux'
import type { Context } from '../harness.ts'
import { program } from './rulesets.ts'

const SOURCE = join(import.meta.dirname, '../peers/google-nftables/main.go')
/** Where Debian's packages put Go's sources: a GOPATH of its own. */
const GOPATH = '/usr/share/gocode'

/** What the Go program found. */
export interface Found {
  readonly nanoseconds: number
  readonly count: number
}

/** Google's nftables library: our program for it, built with Debian's Go for this run. */
export class GoogleNftables implements Disposable {
  readonly name = "Google's nftables for Go"
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Undefined, and said so, where Debian's packages are not installed. */
  static build(context: Context): GoogleNftables | undefined {
    if (!existsSync(`${GOPATH}/src/github.com/google/nftables`) || spawnSync('go', ['version']).error) {
      context.missing("Google's nftables for Go", 'golang-go golang-github-google-nftables-dev')
      return undefined
    }
    const peer = new GoogleNftables(mkdtempSync(join(tmpdir(), 'google-nftables-')))
    peer.#compile()
    return peer
  }

  /** Runs it to its end. */
  run(namespace: NetworkNamespace, ...args: readonly string[]): Found {
    return JSON.parse(program(join(this.#directory, 'peer'), args, namespace)) as Found
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #compile(): void {
    const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(this.#directory, 'cache'), GOFLAGS: '' }
    const { status, stderr } = spawnSync('go', ['build', '-o', join(this.#directory, 'peer'), SOURCE], { env })
    if (status !== 0) throw new Error(`go build: ${String(stderr)}`)
  }
}
