import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Endpoint } from '../stun/index.ts'
import { PROMETHEUS_TYPE } from './prometheus.ts'

/** Scrapers at a time. */
const MOST = 16

/** `GET /metrics` over HTTP, on a listener of its own. */
export class MetricsEndpoint implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Rejects when the address cannot be listened on. */
  static async listen({ address, port }: Endpoint, text: () => string): Promise<MetricsEndpoint> {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, ({ method, url }, response) => {
      if (url?.split('?', 1)[0] !== '/metrics') answer(response, 404, 'text/plain', 'GET /metrics is all there is\n')
      else if (method !== 'GET' && method !== 'HEAD') answer(response, 405, 'text/plain', 'GET it\n')
      else answer(response, 200, PROMETHEUS_TYPE, text())
    })
    server.maxConnections = MOST
    server.listen(port, address)
    await once(server, 'listening')
    return new MetricsEndpoint(server)
  }

  /** Where it listens. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}
