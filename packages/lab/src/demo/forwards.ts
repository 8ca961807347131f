import type { Config, Forward } from '@sallyport/router'
import { type Attempt, reached, reachedEach } from '../measure/reach.ts'
import type { Report } from '../traffic/report.ts'
import { type House, internet } from './house.ts'

/** One line of `forwards`, as measured. */
export interface ForwardRow {
  /** As in the config: 'tcp/1000', 'udp/30000-30099'. */
  readonly port: string
  /** Where it should arrive: 'workstation', or 'workstation:2345' at another port. */
  readonly to: string
  /** Every port of it arrived at the right host and port. */
  readonly reached: boolean
  /** How many ports it has, and how many arrived. */
  readonly ports: number
  readonly arrived: number
  /** Where the first port arrived: 'workstation:2345', or 'nobody'. */
  readonly observed: string
}

/**
 * Tries every port of every forward from the stranger. A server listens at the port where it should arrive and, when
 * they differ, at the external number on the same host too, so that an unchanged port would be seen.
 */
export async function measureForwards(house: House): Promise<ForwardRow[]> {
  const rows: ForwardRow[] = []
  for (const forward of house.config.forwards) rows.push(await measureForward(house, forward))
  return rows
}

async function measureForward(house: House, forward: Forward): Promise<ForwardRow> {
  await using _listening = await listen(house, forward)
  const ports = range(forward)
  const reports = await reachedEach(attempt(house, forward), ports)
  const right = (report: Report | undefined, index: number): boolean =>
    report?.host === forward.host.name && report.port === forward.target.from + index
  const arrived = reports.filter(right).length
  return {
    ...named(forward),
    reached: arrived === ports.length,
    ports: ports.length,
    arrived,
    observed: place(reports[0]),
  }
}

/** What a LAN client gets who asks for a forward at the WAN address: where it arrived and whom that host saw. */
export async function measureHairpin(house: House, client: string, forward: Forward): Promise<Report | undefined> {
  await using _listening = await listen(house, forward)
  return await reached({ ...attempt(house, forward), from: house.host(client) })
}

/** 'workstation:6881', or 'nobody'. */
export function place(report: Report | undefined): string {
  return report === undefined ? 'nobody' : `${report.host}:${report.port}`
}

/** The first forward of one TCP port that a config has: what a hairpin is tried with. */
export function singleTcp({ forwards }: Config): Forward | undefined {
  return forwards.find(({ protocol, from, to }) => protocol === 'tcp' && from === to)
}

function attempt(house: House, { protocol, from }: Forward): Attempt {
  return { from: house.stranger, to: { address: internet.router, port: from }, protocol }
}

async function listen(house: House, forward: Forward): Promise<AsyncDisposableStack> {
  const open = new AsyncDisposableStack()
  const host = house.host(forward.host.name)
  for (const port of new Set([...range(forward.target), ...range(forward)])) {
    open.use(await (forward.protocol === 'tcp' ? host.doorman({ port }) : host.reflector({ port })))
  }
  return open
}

function range({ from, to }: { readonly from: number; readonly to: number }): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

function named({ protocol, from, to, host, target }: Forward): { port: string; to: string } {
  const unchanged = target.from === from
  return {
    port: `${protocol}/${from === to ? from : `${from}-${to}`}`,
    to: unchanged ? host.name : `${host.name}:${target.from}${target.from === target.to ? '' : `-${target.to}`}`,
  }
}
