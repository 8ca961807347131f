import { Malformed } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'

/** Where a base chain sees packets. */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress'

/** A hook without a name here: kept and written back. */
export type UnnamedHook = `hook ${number}`

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
export function hookNumber(family: Family, hook: Hook | UnnamedHook): number {
  const [, unnamed] = /^hook (\d+)$/.exec(hook) ?? []
  if (unnamed !== undefined) return Number(unnamed)
  const number = hooksOf(family).indexOf(hook as Hook)
  if (number === -1) throw new TypeError(`family ${family} has no hook '${hook}', only ${hooksOf(family).join(', ')}`)
  return number
}

export function hookName(family: Family, number: number | undefined): Hook | UnnamedHook {
  if (number === undefined) throw new Malformed('a hook without a number', ['hook', 'num'])
  return hooksOf(family)[number] ?? `hook ${number}`
}
