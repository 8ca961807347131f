import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needs, programPath } from '@sallyport/linux/testing'

export const coturnIsThere: { readonly skip: string | false } = needs({ turnserver: 'coturn', openssl: 'openssl' })

export const login: { readonly username: string; readonly password: string } = { username: 'alice', password: 'secret' }

/** Debian's coturn on the loopback addresses of a sandbox, with TLS under a certificate of its own. */
export class Coturn implements AsyncDisposable {
  readonly ca: Buffer
  readonly #process: ChildProcess
  readonly #folder: string
  #said = ''

  private constructor(folder: string, options: readonly string[]) {
    this.#folder = folder
    this.ca = readFileSync(join(folder, 'cert.pem'))
    this.#process = spawn(programPath('turnserver')!, [...common(folder), ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text
        this.#process.emit('said')
      })
    }
  }

  /** Up, with all its listeners. */
  static async start(...options: readonly string[]): Promise<Coturn> {
    const folder = mkdtempSync(join(tmpdir(), 'coturn-'))
    const subject = ['-subj', '/CN=turn.example', '-addext', 'subjectAltName=DNS:turn.example,IP:127.0.0.1']
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', [...kind, ...files, ...subject], { stdio: 'ignore' })
    const coturn = new Coturn(folder, options)
    await coturn.#heard(/SQLite DB connection success/)
    return coturn
  }

  /** What it wrote to its log. */
  get log(): string {
    return this.#said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL')
      await once(this.#process, 'close')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #heard(what: RegExp): Promise<void> {
    const heard = Promise.withResolvers<void>()
    this.#process.on('said', () => what.test(this.#said) && heard.resolve())
    this.#process.once('exit', () => heard.reject(new Error(`turnserver ended:\n${this.#said}`)))
    await heard.promise
  }
}

function common(folder: string): string[] {
  const where = ['-L', '127.0.0.1', '-L', '::1', '-E', '127.0.0.1', '-E', '::1', '--allow-loopback-peers']
  const tls = ['--cert', join(folder, 'cert.pem'), '--pkey', join(folder, 'key.pem')]
  const who = ['-a', '-u', `${login.username}:${login.password}`, '-r', 'example.org']
  const files = ['--db', join(folder, 'db'), '--pidfile', join(folder, 'pid'), '--log-file', 'stdout', '-v']
  return ['-n', '--no-cli', '-m', '1', ...where, ...tls, ...who, ...files]
}
