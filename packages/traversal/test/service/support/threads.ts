import type { BandwidthLimits } from '../../../src/datapath/index.ts'
import { type Hear, probeUdp, type RelaySettings, Threads } from '../../../src/service/index.ts'
import type { Endpoint } from '../../../src/stun/index.ts'
import type { Limits } from '../../../src/turn/server/index.ts'
import { REALM } from './asker.ts'

/** Threads that serve a relay on loopback, and where. */
export interface Served extends AsyncDisposable {
  readonly threads: Threads
  readonly at: Endpoint
  readonly relay: RelaySettings
}

export interface Serving {
  readonly limits?: Partial<Limits>
  readonly bandwidth?: BandwidthLimits
  readonly hear?: Hear
}

/** Users alice and bob, whose passwords are their names. */
export async function serve(workers: number, { limits = {}, bandwidth, hear }: Serving = {}): Promise<Served> {
  const address = '127.0.0.1'
  const at = { address, port: probeUdp({ address, port: 0 }) }
  const relay: RelaySettings = {
    realm: REALM,
    addresses: [{ address }],
    ports: { min: 50_000, max: 60_000 },
    nonceSecret: new Uint8Array(32),
    nonceLifetime: 600,
    software: undefined,
    policy: {
      users: ['alice', 'bob'].map((name) => ({ name, password: name })),
      secrets: [],
      filter: { allow: ['127.0.0.0/8'] },
      limits,
      ...(bandwidth && { bandwidth }),
    },
  }
  const threads = await Threads.start(workers, { listen: [at], relay }, hear)
  return { threads, at, relay, [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose]() }
}
