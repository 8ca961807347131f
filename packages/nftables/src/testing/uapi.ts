/** Numbers of linux/netfilter/nf_tables.h that the memory kernel reads and writes by itself; a test compares them. */

/** enum nf_tables_msg_types, as far as requests go. */
export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  NEWGEN: 15,
  GETGEN: 16,
  NEWOBJ: 18,
  GETOBJ: 19,
  DELOBJ: 20,
  GETOBJ_RESET: 21,
  NEWFLOWTABLE: 22,
  GETFLOWTABLE: 23,
  DELFLOWTABLE: 24,
  GETRULE_RESET: 25,
  DESTROYTABLE: 26,
  DESTROYCHAIN: 27,
  DESTROYRULE: 28,
  DESTROYSET: 29,
  DESTROYSETELEM: 30,
  DESTROYOBJ: 31,
  DESTROYFLOWTABLE: 32,
  GETSETELEM_RESET: 33,
} as const

/** enum nft_table_attributes */
export const NFTA_TABLE = { NAME: 1, FLAGS: 2, USE: 3, HANDLE: 4, USERDATA: 6, OWNER: 7 } as const

/** enum nft_table_flags */
export const NFT_TABLE_F = { DORMANT: 1, OWNER: 2, PERSIST: 4 } as const

/** enum nft_chain_attributes */
export const NFTA_CHAIN = {
  TABLE: 1,
  HANDLE: 2,
  NAME: 3,
  HOOK: 4,
  POLICY: 5,
  USE: 6,
  TYPE: 7,
  COUNTERS: 8,
  FLAGS: 10,
  ID: 11,
  USERDATA: 12,
} as const

/** enum nft_hook_attributes */
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2, DEV: 3, DEVS: 4 } as const

/** enum nft_chain_flags */
export const NFT_CHAIN = { BASE: 1, HW_OFFLOAD: 2, BINDING: 4 } as const

/** enum nft_rule_attributes */
export const NFTA_RULE = {
  TABLE: 1,
  CHAIN: 2,
  HANDLE: 3,
  EXPRESSIONS: 4,
  POSITION: 6,
  USERDATA: 7,
  ID: 9,
  POSITION_ID: 10,
  CHAIN_ID: 11,
} as const

/** enum nft_set_attributes */
export const NFTA_SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LEN: 5,
  DATA_TYPE: 6,
  DATA_LEN: 7,
  POLICY: 8,
  DESC: 9,
  ID: 10,
  TIMEOUT: 11,
  GC_INTERVAL: 12,
  USERDATA: 13,
  OBJ_TYPE: 15,
  HANDLE: 16,
  EXPR: 17,
  EXPRESSIONS: 18,
  TYPE: 19,
  COUNT: 20,
} as const

/** enum nft_set_desc_attributes */
export const NFTA_SET_DESC = { SIZE: 1, CONCAT: 2 } as const

/** enum nft_set_field_attributes */
export const NFTA_SET_FIELD = { LEN: 1 } as const

/** enum nft_set_flags */
export const NFT_SET = {
  ANONYMOUS: 1,
  CONSTANT: 2,
  INTERVAL: 4,
  MAP: 8,
  TIMEOUT: 0x10,
  EVAL: 0x20,
  OBJECT: 0x40,
  CONCAT: 0x80,
  EXPR: 0x100,
} as const

/** enum nft_set_elem_list_attributes */
export const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3, SET_ID: 4 } as const

/** enum nft_set_elem_attributes */
export const NFTA_SET_ELEM = {
  KEY: 1,
  DATA: 2,
  FLAGS: 3,
  TIMEOUT: 4,
  EXPIRATION: 5,
  USERDATA: 6,
  EXPR: 7,
  OBJREF: 9,
  KEY_END: 10,
  EXPRESSIONS: 11,
} as const

/** enum nft_set_elem_flags */
export const NFT_SET_ELEM = { INTERVAL_END: 1, CATCHALL: 2 } as const

/** enum nft_object_attributes */
export const NFTA_OBJ = { TABLE: 1, NAME: 2, TYPE: 3, DATA: 4, USE: 5, HANDLE: 6, USERDATA: 8 } as const

/** enum nft_flowtable_attributes */
export const NFTA_FLOWTABLE = { TABLE: 1, NAME: 2, HOOK: 3, USE: 4, HANDLE: 5, FLAGS: 7 } as const

/** enum nft_flowtable_hook_attributes */
export const NFTA_FLOWTABLE_HOOK = { NUM: 1, PRIORITY: 2, DEVS: 3 } as const

/** enum nft_gen_attributes */
export const NFTA_GEN = { ID: 1, PROC_PID: 2, PROC_NAME: 3 } as const

export const NFTA_LIST_ELEM = 1
export const NFTA_DEVICE_NAME = 1

/** enum nft_expr_attributes */
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const

/** enum nft_data_attributes */
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const

/** enum nft_verdict_attributes */
export const NFTA_VERDICT = { CODE: 1, CHAIN: 2, CHAIN_ID: 3 } as const

/** NFTA_SET_DATA_TYPE of a verdict map, and what all reserved types begin with. */
export const NFT_DATA_VERDICT = 0xffffff00

export const NFT_NAME_MAXLEN = 256
export const NFT_USERDATA_MAXLEN = 256

/** Verdicts with a chain: enum nft_verdicts. */
export const NFT_JUMP: number = -3
export const NFT_GOTO: number = -4

/** NFPROTO_* */
export const NFPROTO = { UNSPEC: 0, INET: 1, IPV4: 2, ARP: 3, NETDEV: 5, BRIDGE: 7, IPV6: 10 } as const

/** enum nf_inet_hooks; NF_NETDEV_INGRESS and _EGRESS are 0 and 1. */
export const HOOK = { PREROUTING: 0, INPUT: 1, FORWARD: 2, OUTPUT: 3, POSTROUTING: 4, INGRESS: 5 } as const
