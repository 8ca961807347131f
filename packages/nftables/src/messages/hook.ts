import { Malformed } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'

/** Where a base chain sees packets. */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress'

/** enum nf_inet_hooks; enum nf_br_hook has the same order. */
const inet: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress']

/** NF_ARP_IN, NF_ARP_OUT, NF_ARP_FORWARD */
const arp: readonly Hook[] = ['input', 'output', 'forward']

/** enum nf_dev_hooks */
const netdev: readonly Hook[] = ['ingress', 'egress']

function hooksOf(family: Family): readonly Hook[] {
  if (family === 'arp') return arp
  return family === 'netdev' ? netdev : inet
}

/** NFTA_HOOK_HOOKNUM; throws TypeError when the family has no such hook. */
export function hookNumber(family: Family, hook: Hook): number {
  const number = hooksOf(family).indexOf(hook)
  if (number === -1) throw new TypeError(`family ${family} has no hook '${hook}', only ${hooksOf(family).join(', ')}`)
  return number
}

export function hookName(family: Family, number: number): Hook {
  const hook = hooksOf(family)[number]
  if (hook === undefined) throw new Malformed(`family ${family} has no hook ${number}`, ['hook', 'num'])
  return hook
}
