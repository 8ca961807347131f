import type { Command } from 'commander'

/** What `stun` and `turn` take on the command line, as commander hands it over. */
export interface ServerFlags {
  readonly config?: string
  readonly json?: boolean
  readonly listen?: readonly string[]
  readonly listenTcp?: readonly string[]
  readonly tls?: readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly workers?: string
  readonly metrics?: string
  readonly log?: string
}

export interface TurnFlags extends ServerFlags {
  readonly relay?: readonly string[]
  readonly external?: readonly string[]
  readonly realm?: string
  readonly user?: readonly string[]
  readonly usersFile?: readonly string[]
  readonly secret?: readonly string[]
  readonly secretFile?: readonly string[]
  readonly allowPeer?: readonly string[]
  readonly denyPeer?: readonly string[]
  readonly minPort?: string
  readonly maxPort?: string
  readonly lifetime?: string
  readonly maxLifetime?: string
  readonly maxAllocations?: string
  readonly quota?: string
  readonly bandwidth?: string
  readonly userBandwidth?: string
  readonly nonceLifetime?: string
  readonly drainTimeout?: string
  /** False with --no-tcp-relay. */
  readonly tcpRelay?: boolean
}

/** Where secrets may be too: what a program is called with, all users of a machine can see. */
export const SECRET_VARIABLE = 'SALLYPORT_TURN_SECRET'

const more = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export function withServerFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the config, YAML or JSON; flags add to it')
    .option('--json', 'one JSON document for each event on stdout: ready, allocation-opened, …')
    .option('--listen <address:port>', 'UDP and TCP; again for more; * is every address', more)
    .option('--listen-tcp <address:port>', 'TCP alone; again for more', more)
    .option('--tls <address:port>', 'TLS; again for more; needs --cert and --key', more)
    .option('--cert <file>', 'certificate chain, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--workers <n>', 'threads for UDP; default: one for each core')
    .option('--metrics <address:port>', 'serve metrics for Prometheus: http://ADDRESS:PORT/metrics')
    .option('--log <form>', 'text or json; default: text')
}

export function withTurnFlags(command: Command): Command {
  return withServerFlags(command)
    .option('--relay <address>', 'relay from this address; one for each family; default: where it listens', more)
    .option('--external <address>', 'what the world sees of --relay, behind a 1:1 NAT', more)
    .option('--realm <name>', 'such as example.org')
    .option('--user <name:password>', 'who may use it; again for more', more)
    .option('--users-file <file>', 'name:password in each line', more)
    .option(
      '--secret-file <file>',
      `secrets of time-limited credentials, one in each line; or ${SECRET_VARIABLE}`,
      more,
    )
    .option('--secret <secret>', 'the same; seen by everybody on this machine', more)
    .option('--allow-peer <cidr>', 'relay to these although they are denied otherwise', more)
    .option('--deny-peer <cidr>', 'do not relay to these', more)
    .option('--min-port <port>', 'lowest relay port; default: 49152')
    .option('--max-port <port>', 'highest relay port; default: 65535')
    .option('--lifetime <duration>', 'of an allocation that asks for none; default: 10m')
    .option('--max-lifetime <duration>', 'the longest that a client gets; default: 1h')
    .option('--max-allocations <n>', 'of all users together; default: 10000')
    .option('--quota <n>', 'allocations of one user; default: no limit')
    .option('--bandwidth <bits/s>', 'of one allocation, each way: 64k, 10M; default: no limit')
    .option('--user-bandwidth <bits/s>', 'of all allocations of a user, each way; default: no limit')
    .option('--nonce-lifetime <duration>', 'default: 1h')
    .option('--drain-timeout <duration>', 'how long SIGUSR1 waits for the last allocation; default: 1h')
    .option('--no-tcp-relay', 'no TCP to peers (RFC 6062)')
}

/** Flags in the form of a config file, so that both are read in one way. */
export function asDocument(flags: TurnFlags, secret: string | undefined): object {
  const { listen, listenTcp, tls, cert, key, workers, metrics, log, realm, allowPeer, denyPeer } = flags
  const document = compact({
    listen: compact({ both: listen, tcp: listenTcp, tls }),
    tls: compact({ cert, key }),
    workers,
    metrics,
    log,
    relay: compact({
      address: flags.relay,
      external: flags.external,
      ports: compact({ min: flags.minPort, max: flags.maxPort }),
      tcp: flags.tcpRelay === false ? false : undefined, // commander says true when nobody said anything
    }),
    realm,
    users: flags.user && Object.fromEntries(flags.user.map(nameAndPassword)),
    secrets: [...(flags.secret ?? []), ...(secret ? [secret] : [])],
    files: compact({ users: flags.usersFile, secrets: flags.secretFile }),
    peers: compact({ allow: allowPeer, deny: denyPeer }),
    limits: compact({
      lifetime: compact({ default: flags.lifetime, longest: flags.maxLifetime }),
      allocations: flags.maxAllocations,
      bandwidth: flags.bandwidth,
      user: compact({ allocations: flags.quota, bandwidth: flags.userBandwidth }),
    }),
    nonce: compact({ lifetime: flags.nonceLifetime }),
    drain: compact({ timeout: flags.drainTimeout }),
  })
  return document ?? {}
}

function nameAndPassword(text: string): [name: string, password: string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** Without what nobody said; undefined when nobody said anything. */
function compact(value: Record<string, unknown>): object | undefined {
  const said = Object.entries(value).filter(
    ([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0),
  )
  return said.length === 0 ? undefined : Object.fromEntries(said)
}
