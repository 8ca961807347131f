import { type Field, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'

/** NF_NAT_RANGE_* of linux/netfilter/nf_nat.h */
export const natFlags = {
  map_ips: 1, // NF_NAT_RANGE_MAP_IPS: the kernel sets it when there is an address
  proto_specified: 2, // NF_NAT_RANGE_PROTO_SPECIFIED: the kernel sets it when there is a port
  random: 4, // NF_NAT_RANGE_PROTO_RANDOM
  persistent: 8, // NF_NAT_RANGE_PERSISTENT
  fully_random: 16, // NF_NAT_RANGE_PROTO_RANDOM_FULLY
  proto_offset: 32, // NF_NAT_RANGE_PROTO_OFFSET
  netmap: 64, // NF_NAT_RANGE_NETMAP
} as const
export type NatFlag = keyof typeof natFlags | UnnamedBit

export const natFlagList: Field<NatFlag[]> = flags(u32be, natFlags)

/** Without the bits that follow from the registers, which the kernel sets by itself. */
export function withoutImpliedFlags<E extends { flags?: NatFlag[] }>(expression: E): E {
  const { flags: all = [], ...rest } = expression
  const flags = all.filter((flag) => flag !== 'map_ips' && flag !== 'proto_specified')
  return (flags.length === 0 ? rest : { ...rest, flags }) as E
}
