import { type Card, decodeCard, MAGIC } from './card.ts'
import { descriptorsOf, linkAt, processes, textWith } from './proc.ts'

/** A lab that runs now, in some process of this machine. */
export interface RunningLab extends Card {
  /** As /proc has it here. */
  readonly pid: number
}

/** The labs of this user; root sees everybody's. In the order of their processes. */
export function runningLabs(): RunningLab[] {
  return processes().flatMap(labsOf)
}

function labsOf(pid: number): RunningLab[] {
  return descriptorsOf(pid).flatMap((fd) => {
    const path = `/proc/${pid}/fd/${fd}`
    const text = isNameless(linkAt(path) ?? '') ? textWith(MAGIC, path) : undefined
    const card = decodeCard(text ?? '')
    return card === undefined ? [] : [{ ...card, pid }]
  })
}

/** How /proc names a file that never had a name (`/tmp/#1234 (deleted)`), or whose name is gone. */
function isNameless(target: string): boolean {
  return /\/(#\d+|\.sallyport-lab-\d+-\d+) \(deleted\)$/.test(target)
}
