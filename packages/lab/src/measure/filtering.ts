import type { Endpoint } from '../traffic/endpoint.ts'
import type { Mailbox } from '../traffic/mailbox.ts'
import type { Verdict } from './grade.ts'
import type { MeasuringServer } from './server.ts'

/** How long a test waits before it says that something did not come. */
export interface Waiting {
  /** Rounds of probe and control; default 3. */
  readonly rounds?: number
  /** Milliseconds that the probe is waited for after its control came; default 60. */
  readonly grace?: number
  /** Milliseconds that the control is waited for; default 500. */
  readonly within?: number
  /** Milliseconds that a hairpinned packet is waited for; default 150. */
  readonly hairpin?: number
}

/**
 * RFC 5780 §4.4: who may write to `external`, the host's endpoint as `server.first` saw it. The farthest sender
 * goes first, and none but `server.first` has ever been written to. What does not come is only believed because a
 * packet from `server.first`, sent after it, came.
 */
export async function filteringOf(
  host: Mailbox,
  external: Endpoint,
  senders: { readonly stranger: Mailbox; readonly server: MeasuringServer },
  waiting: Waiting = {},
): Promise<Verdict> {
  const { stranger, server } = senders
  const byStranger = await reaches(stranger, server.first, host, external, waiting)
  if (byStranger === 'control lost') return 'blocked'
  if (byStranger === 'yes') return 'endpoint-independent'
  const byOtherPort = await reaches(server.unknown, server.first, host, external, waiting)
  return byOtherPort === 'yes' ? 'address-dependent' : 'address-and-port-dependent'
}

/** Whether a packet from `sender` gets to the host, where one from `control` does. */
async function reaches(
  sender: Mailbox,
  control: Mailbox,
  host: Mailbox,
  external: Endpoint,
  { rounds = 3, grace = 60, within = 500 }: Waiting,
): Promise<'yes' | 'no' | 'control lost'> {
  let controlled = false
  for (let round = 0; round < rounds; round += 1) {
    const mark = newMark()
    await sender.send(`probe ${mark}`, external)
    await control.send(`control ${mark}`, external)
    const came = await host.tryReceive({ text: `control ${mark}`, within })
    controlled ||= came !== undefined
    if ((await host.tryReceive({ text: `probe ${mark}`, within: grace })) !== undefined) return 'yes'
  }
  return controlled ? 'no' : 'control lost'
}

let marks = 0
function newMark(): number {
  marks += 1
  return marks
}
