import { type AnswerCells, answerCodes, answerMethods, type Counters } from '../datapath/index.ts'
import type { MetricFamily, Sample } from './prometheus.ts'

/** What the metrics are made of. */
export interface Measured {
  readonly counters: Counters
  readonly answers: readonly AnswerCells[]
  /** Allocations that exist now; undefined for a server without a relay. */
  readonly allocations: number | undefined
  readonly threads: number
  readonly draining: boolean
  readonly reloads: { readonly done: number; readonly failed: number }
  /** Seconds since 1970. */
  readonly started: number
}

/** All metrics of a server. How many series there are depends on no user and no address. */
export function metricsOf(measured: Measured): MetricFamily[] {
  return [
    ...ofServer(measured),
    ...ofRequests(measured),
    ...ofDatagrams(measured.counters),
    ...ofStreams(measured.counters),
    ...ofRelay(measured),
  ]
}

function ofServer({ threads, draining, reloads, started }: Measured): MetricFamily[] {
  return [
    gauge('start_time_seconds', 'When the server was started, in seconds since 1970.', [{ value: started }]),
    gauge('threads', 'Threads that serve UDP.', [{ value: threads }]),
    gauge('draining', '1 while no new allocations are accepted.', [{ value: draining ? 1 : 0 }]),
    counter('reloads_total', 'How often the configuration was read again.', [
      { labels: { result: 'done' }, value: reloads.done },
      { labels: { result: 'failed' }, value: reloads.failed },
    ]),
  ]
}

function ofRequests({ counters, answers }: Measured): MetricFamily[] {
  const samples: Sample[] = answerMethods.flatMap((method) =>
    answerCodes.flatMap((code) => {
      const quick = method === 'binding' && code === 0 ? counters.bindings : 0
      const value = answers.reduce((total, each) => total + each.read(method, code), quick)
      return value > 0 || code === 0 ? [{ labels: { method, code: code === 0 ? 'success' : code }, value }] : []
    }),
  )
  return [
    counter('requests_total', 'Requests that were answered, by method and by error code or success.', samples),
    counter('refused_requests_total', 'Requests that were refused after a first challenge.', [
      { labels: { reason: 'unauthenticated' }, value: counters.refusedUnauthenticated },
      { labels: { reason: 'other' }, value: counters.refusedOther },
    ]),
  ]
}

function ofDatagrams(counters: Counters): MetricFamily[] {
  const drops = {
    malformed: counters.droppedMalformed,
    'no-allocation': counters.droppedNoAllocation,
    'no-channel': counters.droppedNoChannel,
    'no-permission': counters.droppedNoPermission,
    'over-limit': counters.droppedOverLimit,
    'over-budget': counters.droppedOverBudget,
    'buffer-full': counters.droppedFull,
    'kernel-refused': counters.droppedRefused,
  }
  return [
    counter('received_datagrams_total', 'Datagrams that arrived.', [
      { labels: { from: 'clients' }, value: counters.receivedFromClients },
      { labels: { from: 'peers' }, value: counters.receivedFromPeers },
    ]),
    counter('sent_datagrams_total', 'Datagrams that were sent.', [
      { labels: { to: 'clients' }, value: counters.sentToClients },
      { labels: { to: 'peers' }, value: counters.sentToPeers },
    ]),
    counter(
      'dropped_datagrams_total',
      'Datagrams that were dropped, and why.',
      Object.entries(drops).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
  ]
}

function ofStreams({ connections, connectionsRefused, streamsBroken }: Counters): MetricFamily[] {
  return [
    gauge('connections', 'Connections of clients over TCP and TLS.', [{ value: connections }]),
    counter('connections_refused_total', 'Connections that were one too many.', [{ value: connectionsRefused }]),
    counter('streams_broken_total', 'Connections that were ended for what came over them.', [{ value: streamsBroken }]),
  ]
}

function ofRelay({ counters, allocations }: Measured): MetricFamily[] {
  if (allocations === undefined) return []
  return [
    gauge('allocations', 'Allocations that exist now.', [{ value: allocations }]),
    counter('allocations_opened_total', 'Allocations that were opened.', [{ value: counters.allocationsOpened }]),
    counter('allocations_expired_total', 'Allocations that nobody refreshed.', [
      { value: counters.allocationsExpired },
    ]),
    counter('relayed_bytes_total', 'Bytes of payload that clients and peers exchanged.', [
      { labels: { direction: 'to_peers' }, value: counters.bytesFromClients },
      { labels: { direction: 'from_peers' }, value: counters.bytesFromPeers },
    ]),
  ]
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name: `sallyport_${name}`, type: 'counter', help, samples }
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name: `sallyport_${name}`, type: 'gauge', help, samples }
}
