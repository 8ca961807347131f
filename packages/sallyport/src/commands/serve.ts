import { randomBytes } from 'node:crypto'
import { availableParallelism, networkInterfaces } from 'node:os'
import { dirname, resolve } from 'node:path'
import { formatEndpoint, Journal, type Listening, Server } from '@sallyport/traversal/service'
import { report } from '../failure.ts'
import { print, printJson } from '../output.ts'
import { asDocument, SECRET_VARIABLE, type TurnFlags } from '../server-flags.ts'
import {
  checkAddresses,
  type Kind,
  loadServerConfig,
  type Machine,
  needRestart,
  type ServerConfig,
  settingsOf,
} from '../turn-config/index.ts'
import { Signals } from './signals.ts'

/** Runs a STUN or TURN server until a signal ends it. SIGHUP reads the config again, SIGUSR1 drains. */
export async function serve(kind: Kind, flags: TurnFlags): Promise<void> {
  using signals = new Signals(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'])
  const config = read(kind, flags)
  const journal = new Journal({
    write: flags.json ? print : (line) => process.stderr.write(`${line}\n`),
    form: flags.json ? 'json' : config.log,
    clock: Date.now,
  })
  const machine: Machine = { addresses: localAddresses(), nonceSecret: randomBytes(32) }
  await checkAddresses(config, machine)
  const server = await Server.start(settingsOf(config, machine), journal)
  await using running = new Running({ kind, flags, config, machine, server, journal })
  sayReady(server, flags)
  signals.obey((signal) => running.obey(signal))
  await running.ended
}

function read(kind: Kind, flags: TurnFlags): ServerConfig {
  return loadServerConfig(kind, {
    file: flags.config,
    flags: asDocument(flags, kind === 'turn' ? process.env[SECRET_VARIABLE] : undefined),
    cores: availableParallelism(),
    resolve: (path, base) => (base === undefined ? path : resolve(dirname(base), path)),
  })
}

/** Those that others can send to without naming an interface. */
function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.filter(({ scopeid = 0 }) => scopeid === 0).map(({ address }) => address)
}

function sayReady(server: Server, { json }: TurnFlags): void {
  const { listen, metricsPort } = server
  const places = (['udp', 'tcp', 'tls'] as const).flatMap((transport) =>
    listen[transport].map((endpoint) => ({ transport, ...endpoint })),
  )
  const metrics = metricsPort === undefined ? {} : { metrics: metricsPort }
  if (json) printJson({ event: 'ready', listen: places, ...metrics })
  else print(`listening on ${describe(listen)}`)
}

function describe(listen: Listening): string {
  return (['udp', 'tcp', 'tls'] as const)
    .flatMap((transport) => listen[transport].map((endpoint) => `${transport} ${formatEndpoint(endpoint)}`))
    .join(', ')
}

interface RunningParts {
  readonly kind: Kind
  readonly flags: TurnFlags
  readonly config: ServerConfig
  readonly machine: Machine
  readonly server: Server
  readonly journal: Journal
}

/** A server, and what signals have it do. */
class Running implements AsyncDisposable {
  readonly ended: Promise<void>
  readonly #parts: RunningParts
  readonly #stop = new AbortController()
  readonly #end = Promise.withResolvers<void>()
  #config: ServerConfig
  /** One after the other: the last one is what holds. */
  #reloading: Promise<void> = Promise.resolve()

  constructor(parts: RunningParts) {
    this.#parts = parts
    this.#config = parts.config
    this.ended = Promise.race([this.#end.promise, parts.server.failure])
  }

  obey(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP') this.#reloading = this.#reloading.then(() => this.#reload())
    else if (signal === 'SIGUSR1') void this.#drain()
    else this.#end.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#parts.server[Symbol.asyncDispose]()
    this.#parts.journal.flush()
  }

  /** What can change does; a mistake changes nothing. */
  async #reload(): Promise<void> {
    const { kind, flags, machine, server, journal } = this.#parts
    try {
      const config = read(kind, flags)
      await server.change(settingsOf(config, { ...machine, addresses: localAddresses() }))
      const ignored = needRestart(this.#config, config)
      this.#config = config
      journal.form = flags.json ? 'json' : config.log
      journal.log({ event: 'reloaded', ...(ignored.length > 0 && { unchangedUntilRestart: ignored }) })
    } catch (error) {
      server.changeFailed()
      report(error)
      journal.log({ event: 'reload-failed', error: error instanceof Error ? error.message : String(error) })
    }
  }

  async #drain(): Promise<void> {
    const { server, journal } = this.#parts
    const seconds = this.#config.turn?.drainTimeout ?? 0
    await server.drain()
    journal.log({ event: 'draining', allocations: server.allocations, timeout: seconds })
    const result = await server.emptied(seconds, this.#stop.signal)
    if (result !== 'aborted') journal.log({ event: 'drained', result, allocations: server.allocations })
    this.#end.resolve()
  }
}
