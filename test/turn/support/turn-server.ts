import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const SALLYPORT = join(import.meta.dirname, '../../../packages/sallyport/bin/sallyport.js')

export const user: { readonly name: string; readonly password: string } = { name: 'user', password: 'pass' }
export const secret = 'a shared secret'

const common: readonly string[] = [
  ...['turn', '--json', '--workers', '1', '--realm', 'example.org', '--user', `${user.name}:${user.password}`],
  ...['--relay', '127.0.0.1', '--relay', '::1', '--allow-peer', '127.0.0.0/8', '--allow-peer', '::1/128'],
  ...['--secret', secret, '--quota', '100000', '--max-allocations', '100000'],
]

/** `sallyport turn` on the loopback addresses of a sandbox. */
export class SallyportTurn implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #folder = mkdtempSync(join(tmpdir(), 'sallyport-turn-'))

  private constructor(options: readonly string[], streams: boolean) {
    const args = [SALLYPORT, ...common, ...options, ...(streams ? this.#streams() : [])]
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  /** Serves UDP on port 3478, and with `streams` TCP there and TLS on 5349, when this resolves. */
  static async start(
    options: readonly string[] = ['--listen', '127.0.0.1:3478', '--listen', '[::1]:3478'],
    { streams = false }: { readonly streams?: boolean } = {},
  ): Promise<SallyportTurn> {
    const server = new SallyportTurn(options, streams)
    const lines = createInterface({ input: server.#process.stdout! })
    const [first] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?]
    if (first === undefined || JSON.parse(first).event !== 'ready') throw new Error(`sallyport turn said: ${first}`)
    return server
  }

  get pid(): number {
    return this.#process.pid!
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true })
    if (!this.isRunning) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }

  #streams(): string[] {
    const [cert, key] = [join(this.#folder, 'cert.pem'), join(this.#folder, 'key.pem')]
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', [...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return ['--listen-tcp', '127.0.0.1:3478', '--tls', '127.0.0.1:5349', '--cert', cert, '--key', key]
  }
}
