import type { Socket } from 'node:dgram'
import type { Endpoint } from './endpoint.ts'
import { type Letter, Mailbox, type Patience } from './mailbox.ts'
import { newQuestion, questionId, type Report, readReport, writeReport } from './report.ts'

/** A server that tells who asks where the question came from: STUN's idea in one line of JSON. */
export class Reflector extends Mailbox {
  readonly endpoint: Endpoint
  readonly host: string

  /**
   * @param socket bound already; closed with the reflector
   * @param host the name that it reports
   * @param address the address that others reach it at
   */
  constructor(socket: Socket, host: string, address: string) {
    super(socket)
    this.host = host
    this.endpoint = { address, port: this.local.port }
  }

  /** Questions are answered, everything else is a letter. */
  protected override deliver(letter: Letter): void {
    const id = questionId(letter.payload)
    if (id === undefined) super.deliver(letter)
    else this.#answer(letter.from, id)
  }

  #answer(source: Endpoint, id: number): void {
    const answer = writeReport({ host: this.host, port: this.local.port, source }, id)
    // A failed answer is a lost datagram: who asked asks again, and reports when nothing ever comes.
    this.send(answer, source).catch(() => {})
  }
}

/** Asks a reflector through whatever is between: its report. Throws when no answer comes, however often asked. */
export async function report(mailbox: Mailbox, server: Endpoint, patience: Patience = {}): Promise<Report> {
  const { text, id } = newQuestion()
  const where = ({ payload }: { payload: Buffer }): boolean => readReport(payload, id) !== undefined
  const answer = await mailbox.ask(server, text, { ...patience, where })
  return readReport(answer.payload, id)!
}
