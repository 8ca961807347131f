import {
  attributes,
  type Codec,
  type FixedHeader,
  fixedHeader,
  message,
  NFNL_SUBSYS_NFTABLES,
  named,
  nfMessageType,
  type Table,
  u8,
} from '@sallyport/linux'
import { type Family, families } from '../expr/index.ts'

export { exactly, translated } from '../expr/index.ts'

const header: FixedHeader<{ family: Family }> = fixedHeader<{ family: Family }>('nfgenmsg', 4, {
  family: [0, named(u8, families)],
})

/** A whole nf_tables message from the table of its attributes: nfgenmsg, which has the family, and what follows it. */
export function nfMessage<T extends { family: Family }>(name: string, table: Table<Omit<T, 'family'>>): Codec<T> {
  const list = attributes<Omit<T, 'family'>>(name, table)
  return { ...message(name, header, list), macros: list.macros ?? {} } as unknown as Codec<T>
}

/** enum nf_tables_msg_types. The DESTROY ones (Linux 6.3) succeed when there is nothing to delete. */
export const messageTypes = {
  newtable: 0, // NFT_MSG_NEWTABLE
  gettable: 1, // NFT_MSG_GETTABLE
  deltable: 2, // NFT_MSG_DELTABLE
  newchain: 3, // NFT_MSG_NEWCHAIN
  getchain: 4, // NFT_MSG_GETCHAIN
  delchain: 5, // NFT_MSG_DELCHAIN
  newrule: 6, // NFT_MSG_NEWRULE
  getrule: 7, // NFT_MSG_GETRULE
  delrule: 8, // NFT_MSG_DELRULE
  newset: 9, // NFT_MSG_NEWSET
  getset: 10, // NFT_MSG_GETSET
  delset: 11, // NFT_MSG_DELSET
  newsetelem: 12, // NFT_MSG_NEWSETELEM
  getsetelem: 13, // NFT_MSG_GETSETELEM
  delsetelem: 14, // NFT_MSG_DELSETELEM
  newgen: 15, // NFT_MSG_NEWGEN
  getgen: 16, // NFT_MSG_GETGEN
  trace: 17, // NFT_MSG_TRACE
  newobj: 18, // NFT_MSG_NEWOBJ
  getobj: 19, // NFT_MSG_GETOBJ
  delobj: 20, // NFT_MSG_DELOBJ
  getobj_reset: 21, // NFT_MSG_GETOBJ_RESET
  getrule_reset: 25, // NFT_MSG_GETRULE_RESET (Linux 6.2)
  newflowtable: 22, // NFT_MSG_NEWFLOWTABLE
  getflowtable: 23, // NFT_MSG_GETFLOWTABLE
  delflowtable: 24, // NFT_MSG_DELFLOWTABLE
  destroytable: 26, // NFT_MSG_DESTROYTABLE
  destroychain: 27, // NFT_MSG_DESTROYCHAIN
  destroyrule: 28, // NFT_MSG_DESTROYRULE
  destroyset: 29, // NFT_MSG_DESTROYSET
  destroysetelem: 30, // NFT_MSG_DESTROYSETELEM
  destroyobj: 31, // NFT_MSG_DESTROYOBJ
  destroyflowtable: 32, // NFT_MSG_DESTROYFLOWTABLE
  getsetelem_reset: 33, // NFT_MSG_GETSETELEM_RESET (Linux 6.5)
} as const
export type MessageName = keyof typeof messageTypes

/** nlmsg_type of an nf_tables message. */
export function nlmsgType(name: MessageName): number {
  return nfMessageType(NFNL_SUBSYS_NFTABLES, messageTypes[name])
}
