import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../../harness.ts'
import { programPath } from '../rulesets.ts'

export const user = { username: 'user', realm: 'example.org', password: 'pass' } as const
export const address = '127.0.0.1'

const SALLYPORT = join(import.meta.dirname, '../../../packages/sallyport/bin/sallyport.js')
/** Allocations a user may have: a round does not wait for those of the round before to end. */
const QUOTA = 20_000
/** Characters. */
const MOST_SAID = 2000
/** sysconf(_SC_CLK_TCK) of every Linux that Node runs on: /proc counts processor time in these. Per second. */
const TICKS = 100

/** One thread that relays. */
const ourTurn = (port: number): string[] => [
  ...['turn', '--listen', `${address}:${port}`, '--relay', address, '--allow-peer', '127.0.0.0/8'],
  ...['--realm', user.realm, '--user', `${user.username}:${user.password}`, '--workers', '1'],
  ...['--quota', String(QUOTA), '--max-allocations', String(QUOTA)],
]

const ourStun = (port: number): string[] => ['stun', '--listen', `${address}:${port}`]

/**
 * coturn with what makes it fast: one thread that relays (more of them on one processor, and none besides the main one,
 * were slower), nothing but the transport that is measured, no software attribute, no log of what happens, no second
 * attribute in bindings.
 */
const coturn = (port: number, transport: 'udp' | 'tcp'): string[] => [
  ...['-n', '-m', '1', '--listening-ip', address, '--relay-ip', address, '--listening-port', String(port)],
  ...['--lt-cred-mech', '--user', `${user.username}:${user.password}`, '--realm', user.realm, '--allow-loopback-peers'],
  ...['--no-cli', '--no-tls', '--no-dtls', '--no-tcp-relay', '--no-multicast-peers'],
  transport === 'udp' ? '--no-tcp' : '--no-udp',
  ...['--no-software-attribute', '--no-stun-backward-compatibility', '--no-stdout-log', '--log-file', '/dev/null'],
  ...['--simple-log', '--pidfile', '/dev/null', '--no-rfc5780'],
]

/** A server of STUN and TURN, as a process of its own on one processor. Ends with this process. */
export class RelayServer implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess
  readonly #stat: string
  /** The last of what it said, to be shown when it ends by itself. */
  #said = ''
  #ending = false

  private constructor(port: number, core: string, program: string, args: readonly string[]) {
    this.port = port
    const before = childrenOfThis()
    this.#process = spawn('taskset', ['--cpu-list', core, program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-MOST_SAID)
    })
    this.#process.once('exit', (code) => {
      if (!this.#ending) console.error(`${program} ended with ${code}: ${this.#said}`)
    })
    this.#stat = `/proc/${childrenOfThis().find((each) => !before.includes(each))}/stat`
  }

  static turn(core: string): RelayServer {
    return new RelayServer(3478, core, process.execPath, [SALLYPORT, ...ourTurn(3478)])
  }

  static stun(core: string): RelayServer {
    return new RelayServer(3478, core, process.execPath, [SALLYPORT, ...ourStun(3478)])
  }

  /** Undefined, and said so, where Debian's package isn't there. */
  static coturn(context: Context, core: string, transport: 'udp' | 'tcp' = 'udp'): RelayServer | undefined {
    const program = programPath('turnserver')
    if (program === undefined) context.missing('coturn', 'coturn')
    const port = transport === 'udp' ? 3479 : 3480
    return program === undefined ? undefined : new RelayServer(port, core, program, coturn(port, transport))
  }

  /** Processor time of all its threads so far, in microseconds; the kernel counts in steps of 10,000. */
  get processorTime(): number {
    const stat = readFileSync(this.#stat, 'utf8')
    // Behind the name, which may hold anything, come the state and 10 other fields, then utime and stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const impatience = setTimeout(() => this.#process.kill('SIGKILL'), 3000)
    await ended
    clearTimeout(impatience)
  }
}

/** The children's numbers as /proc has them: in a sandbox it is still the machine's, and has others than we have. */
function childrenOfThis(): string[] {
  const self = readlinkSync('/proc/self')
  return readFileSync(`/proc/self/task/${self}/children`, 'utf8').split(' ').filter(Boolean)
}
