import { type Log, recording, replay, type Step, type Transport } from '@sallyport/linux'

/** A recording as it is kept in a file: JSON, one step per line, so that a change of it can be read. */
export const RECORDING_FORMAT = 'sallyport-netlink-recording'

/** Writes down all that passes between a program and the kernel over one socket. */
export class Recorder {
  /** Give this to Connection in place of the transport that is recorded. */
  readonly transport: Transport
  readonly #log: Log

  constructor(transport: Transport) {
    const recorded = recording(transport)
    this.transport = recorded
    this.#log = recorded.log
  }

  /** The recording so far, for {@link replayed}. */
  text(): string {
    const head = JSON.stringify({ format: RECORDING_FORMAT, version: 1, portId: this.#log.portId })
    return `${[head, ...this.#log.steps.map((step) => JSON.stringify(step))].join('\n')}\n`
  }
}

/** Records over `transport`: `new Nftables(new Connection(recorder.transport))`, then keep `recorder.text()`. */
export function recorder(transport: Transport): Recorder {
  return new Recorder(transport)
}

/**
 * A transport that answers as the recording does, if it is asked the same things in the same order; else it throws an
 * Error that names the step and the first byte that differs. Throws SyntaxError for text that is no recording.
 */
export function replayed(text: string): Transport {
  const [head, ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const { format, version, portId } = parse(head ?? '', 1) as { format?: string; version?: number; portId?: number }
  if (format !== RECORDING_FORMAT || version !== 1 || typeof portId !== 'number') {
    throw new SyntaxError(`not a recording of version 1: its first line has to say "format": "${RECORDING_FORMAT}"`)
  }
  return replay({ portId, steps: lines.map((line, index) => step(parse(line, index + 2), index + 2)) })
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new SyntaxError(`line ${number} of the recording is no JSON`, { cause })
  }
}

function step(value: unknown, number: number): Step {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 1 && ['send', 'receive', 'wait', 'join'].includes(keys[0]!)) return value as Step
  throw new SyntaxError(`line ${number} of the recording is no step: send, receive, wait or join`)
}
