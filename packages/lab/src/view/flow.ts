import type { Flow, Tuple } from '@sallyport/linux'
import { printSide } from '../capture/index.ts'

/** 'udp 192.168.1.2:40000 → 203.0.113.10:3478 as 203.0.113.2:40000, 29 s' */
export function printFlow({ protocol, original, reply, timeout }: Flow): string {
  const side = (tuple: Tuple, which: 'source' | 'destination'): string => {
    const port = which === 'source' ? tuple.sourcePort : tuple.destinationPort
    return printSide({ address: tuple[which], ...(port !== undefined && { port }) })
  }
  const [from, to] = [side(original, 'source'), side(original, 'destination')]
  const [answers, answerer] = [side(reply, 'destination'), side(reply, 'source')]
  const as = answers === from ? '' : ` as ${answers}`
  const at = answerer === to ? '' : ` at ${answerer}`
  return `${protocol} ${from} → ${to}${as}${at}${timeout === undefined ? '' : `, ${timeout} s`}`
}
