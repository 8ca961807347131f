import type { Flow } from '@sallyport/linux'
import { Batch } from '@sallyport/nftables'
import { contradicts, type Desired, type Sysctl, TABLE } from '../compile/index.ts'
import {
  type Change,
  type DesiredTable,
  desiredTable,
  diffTable,
  type Forbidden,
  type PresentTable,
  presentTable,
  type Step,
  type Turn,
  Verdicts,
  wrongFlows,
} from '../plan/index.ts'
import type { Connections } from './connections.ts'
import { type Notes, notesOf, withNotes } from './notes.ts'
import { planSettings, type SettingsPlan } from './settings.ts'
import { zones } from './zones.ts'

/** All that one look at the kernel found to be done. */
export interface Work {
  readonly generation: number
  readonly steps: readonly Step[]
  readonly batch: Batch
  readonly settings: SettingsPlan
  readonly flows: readonly Flow[]
  /** Finds the wrong flows again. Undefined: the rules stay as they are, and so do the flows. */
  readonly turn: Turn | undefined
  /** What is noted with the batch. `unfinished`: it has to be noted, too, when all is done. */
  readonly notes: Notes
}

/** `remembered`: settings as they were, from earlier looks of the same apply, should the kernel have lost its notes. */
export function look(to: Connections, desired: Desired, remembered: readonly Sysctl[] = []): Work {
  const snapshot = to.nftables.snapshot(TABLE, { elements: () => true })
  const present = presentTable(snapshot)
  const wanted = desiredTable(desired.ruleset)
  const forbidden = contradicts(desired.config)
  const old = notesOf(present)
  const known = [...old.saved, ...remembered.filter(({ name }) => old.saved.every((one) => one.name !== name))]
  const settings = planSettings(desired.sysctls, known, to.settings.read([...desired.sysctls, ...known]))
  to.settings.check(settings)
  const rulesChange = diffTable(present, withNotes(wanted, old), forbidden).length > 0
  const turn = rulesChange || old.unfinished ? turnOf(to, desired, present, wanted, forbidden) : undefined
  const flows = turn === undefined ? [] : findWrong(to, turn)
  const notes = { saved: settings.saved, unfinished: old.unfinished || flows.length > 0 }
  const steps = diffTable(present, withNotes(wanted, notes), forbidden)
  return { generation: snapshot.generation, steps, batch: batchOf(steps), settings, flows, turn, notes }
}

function batchOf(steps: readonly Step[]): Batch {
  const batch = new Batch()
  for (const step of steps) step.write(batch)
  return batch
}

function turnOf(
  to: Connections,
  { config }: Desired,
  present: PresentTable | undefined,
  wanted: DesiredTable,
  forbidden: Forbidden,
): Turn {
  const learned = new Map(present?.sets.map(({ set, elements }) => [set.name, { set, elements }]) ?? [])
  const then = wanted.sets.map((one) => {
    const now = one.learned ? learned.get(one.set.name) : undefined
    return now === undefined ? one : { ...now, elements: now.elements.filter((each) => !forbidden(now.set, each)) }
  })
  const before =
    present === undefined ? 'nothing' : notesOf(present).unfinished ? 'unknown' : new Verdicts(present.sets)
  return { before, after: new Verdicts(then), config, zoneOf: zones(config, to.route) }
}

export function findWrong(to: Connections, turn: Turn): Flow[] {
  return wrongFlows(to.conntrack.list(), turn)
}

/** Netlink messages that it takes to note that nothing is unfinished. */
const FINAL_MESSAGES = 1

/** As people and scripts are told: what changes, and in how many messages. */
export function summary(
  { steps, batch, notes }: Work,
  settings: readonly Sysctl[],
  flows: readonly Flow[],
): { changes: Change[]; messages: number } {
  const changes = [...steps.flatMap((step) => step.changes), ...settings.map(settingChange), ...flows.map(flowChange)]
  return { changes, messages: batch.size + flows.length + (notes.unfinished ? FINAL_MESSAGES : 0) }
}

export function settingChange({ name, value }: Sysctl): Change {
  return { op: 'change', kind: 'sysctl', name: `${name} = ${value}` }
}

function flowChange({ protocol, family, original }: Flow): Change {
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : family === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`
  const { source, sourcePort, destination, destinationPort } = original
  const name = `${protocol} ${end(source, sourcePort)} -> ${end(destination, destinationPort)}`
  return { op: 'delete', kind: 'flow', name }
}
