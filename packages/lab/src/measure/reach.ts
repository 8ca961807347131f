import type { Socket } from 'node:net'
import { readDoorman } from '../traffic/doorman.ts'
import type { Endpoint } from '../traffic/endpoint.ts'
import { type Mailbox, NoAnswer, type Patience } from '../traffic/mailbox.ts'
import { report } from '../traffic/reflector.ts'
import type { Report } from '../traffic/report.ts'

/** A machine that tries to reach others; a node of the lab is one. */
export interface Caller {
  mailbox(): Promise<Mailbox>
  tcpConnect(options: { readonly to: Endpoint; readonly timeout?: number }): Promise<Socket>
}

/** What is tried: from where, to which endpoint. */
export interface Attempt {
  readonly from: Caller
  readonly to: Endpoint
  readonly protocol: 'tcp' | 'udp'
}

/** Errors that mean that nobody is there, as opposed to errors of the test. */
const nobody = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EPERM'])

/**
 * Where an attempt arrives: the report of the reflector (UDP) or doorman (TCP) that it reached, which names its
 * host, the port there and the source it saw. Undefined: it reached nobody.
 */
export async function reached(attempt: Attempt): Promise<Report | undefined> {
  return (await reachedEach(attempt, [attempt.to.port]))[0]
}

/** The same for many ports of one address, side by side and, over UDP, from one socket. */
export async function reachedEach(
  { from, to: { address }, protocol }: Attempt,
  ports: readonly number[],
): Promise<(Report | undefined)[]> {
  if (protocol === 'tcp') return Promise.all(ports.map((port) => ifAny(() => overTcp(from, { address, port }))))
  await using box = await from.mailbox()
  return await Promise.all(ports.map((port) => ifAny(() => report(box, { address, port }, patience))))
}

const patience: Patience = { attempts: 4, interval: 250 }

async function overTcp(from: Caller, to: Endpoint): Promise<Report> {
  return await readDoorman(await from.tcpConnect({ to, timeout: 1000 }))
}

/** What was found, or undefined when the kernel says that nobody is there. */
export async function ifAny(find: () => Promise<Report>): Promise<Report | undefined> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof NoAnswer || nobody.has(errnoOf(error))) return undefined
    throw error
  }
}

/** 'ECONNREFUSED' and the like; '' for an error that is none of the kernel's. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}
