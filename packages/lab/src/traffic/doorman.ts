import type { AddressInfo, Server, Socket } from 'node:net'
import type { Endpoint } from './endpoint.ts'
import { type Report, readReport, writeReport } from './report.ts'

/** A TCP server that tells every client where it was reached, and from where, and closes. */
export class Doorman implements AsyncDisposable {
  readonly endpoint: Endpoint
  readonly server: Server
  /** Who came, in order. */
  readonly visitors: Endpoint[] = []

  /** @param server listening already; closed with the doorman */
  constructor(server: Server, host: string, address: string) {
    const { port } = server.address() as AddressInfo
    this.server = server
    this.endpoint = { address, port }
    server.on('connection', (socket) => {
      const source = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
      this.visitors.push(source)
      socket.on('error', () => socket.destroy())
      socket.end(writeReport({ host, port, source }, 0))
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Reads a doorman's report from a connected socket, to its end. Throws when what came is none. */
export async function readDoorman(socket: Socket): Promise<Report> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  const report = readReport(Buffer.concat(chunks))
  if (report === undefined) throw new Error(`a doorman's report was expected, got '${Buffer.concat(chunks)}'`)
  return report
}
