import { randomBytes } from 'node:crypto'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Wakeup } from '@sallyport/linux'
import { AnswerCells, CounterCells } from '../datapath/index.ts'
import { type Command, isOrder, type Notice } from './messages.ts'
import { StreamService } from './stream-service.ts'
import type { StreamThreadSettings } from './thread-settings.ts'
import { tidying } from './tidy.ts'

/** The thread that serves TCP, and the plain side of TLS, until it is told to stop. */

const settings = workerData as StreamThreadSettings
const port = parentPort!
const counters = new CounterCells(settings.counters)

function say(notice: Notice): void {
  port.postMessage(notice)
}

/** False when it is time to stop. */
function obey(service: StreamService): boolean {
  Wakeup.clear(settings.wakeup)
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    const command = got.message as Command
    if (command.kind === 'stop') return false
    if (!isOrder(command)) continue
    service.obey(command)
    say({ kind: 'obeyed' })
  }
  return true
}

try {
  const service = new StreamService({
    settings,
    counters,
    answers: new AnswerCells(settings.answers),
    say,
    clock: Date.now,
    random: randomBytes,
  })
  const tidy = tidying(counters, say, Date.now)
  const tick = (): void => {
    service.tick()
    tidy()
  }
  say({ kind: 'ready' })
  service.server.run({ wakeup: settings.wakeup, awake: () => obey(service), tick })
  service.tick()
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}
