import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An HTTP server on loopback that answers as a test says, and remembers what it was asked. */
export class TestHttpServer {
  readonly received: Received[] = []
  connections = 0
  answer: (request: Received, response: ServerResponse) => void = (_, response) => void response.end('{}')
  readonly #server = createServer((request, response) => void this.#handle(request, response))

  async open(): Promise<this> {
    this.#server.on('connection', () => {
      this.connections++
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
  }

  /** Ends all connections as a machine that goes away does. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const received = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    this.received.push(received)
    this.answer(received, response)
  }
}
