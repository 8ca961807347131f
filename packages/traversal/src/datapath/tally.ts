import type { DatagramSender } from '@sallyport/linux'
import type { CounterCells } from './counters.ts'

/** Moves what a sender has counted to the counters of its thread. */
export function tally({ counts }: DatagramSender, counters: CounterCells, sent: 'sentToPeers' | 'sentToClients'): void {
  counters.add(sent, counts.sent)
  if (counts.full > 0) counters.add('droppedFull', counts.full)
  counts.sent = 0
  counts.full = 0
  if (counts.refused.size === 0) return
  for (const [, refused] of counts.refused) counters.add('droppedRefused', refused)
  counts.refused.clear()
}
