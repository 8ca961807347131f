import { numgen, offload, queue, symhash } from '../../src/index.ts'
import { type Case, rule, ruleset } from './case.ts'

/**
 * What kernels without nfnetlink_queue and nf_flow_table refuse. Of these it is compared what nft sends, not what the
 * kernel dumps.
 */
export const refused: readonly Case[] = [
  rule('queue to 0', () => [queue()]),
  rule('queue to 5', () => [queue({ to: 5 })]),
  rule('queue to 5-9', () => [queue({ to: [5, 9] })]),
  rule('queue flags bypass to 5', () => [queue({ to: 5, bypass: true })]),
  rule('queue flags bypass,fanout to 5-9', () => [queue({ to: [5, 9], bypass: true, fanout: true })]),
  rule('queue to numgen inc mod 3', () => [queue({ to: numgen('incremental', { modulus: 3 }) })]),
  rule('queue flags bypass to symhash mod 3 offset 2', () => [
    queue({ to: symhash({ modulus: 3, offset: 2 }), bypass: true }),
  ]),
  ruleset('flow add', 'flowtable f {\nhook ingress priority 0\ndevices = { lo }\n}\nchain c {\nflow add @f\n}', (t) => {
    const f = t.flowtable('f', { devices: ['lo'] })
    t.chain('c').rule(offload(f))
  }),
  ruleset(
    'a flowtable that counts',
    'flowtable f {\nhook ingress priority -5\ndevices = { lo }\ncounter\n}',
    (t) => void t.flowtable('f', { devices: ['lo'], priority: -5, counter: true }),
  ),
]
