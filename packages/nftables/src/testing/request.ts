import { type Message, NFGENMSG_LENGTH, NLMSG_HDRLEN, nfMessage, nfSubsystem } from '@sallyport/linux'
import { Attributes } from './attributes.ts'
import { ERANGE } from './errno.ts'
import { NFT_MSG, NFT_NAME_MAXLEN, NFT_USERDATA_MAXLEN } from './uapi.ts'

/** One message to nf_tables: nfgenmsg and attributes. Throws Refusal when they break the policy. */
export class Request extends Attributes {
  readonly subsystem: number
  readonly message: number
  readonly flags: number
  readonly sequence: number
  readonly family: number
  /** nl_pid of the socket that sent it. */
  readonly portId: number

  constructor(message: Message, portId: number) {
    super(message.body.subarray(NFGENMSG_LENGTH), NLMSG_HDRLEN + NFGENMSG_LENGTH)
    this.subsystem = nfSubsystem(message.type)
    this.message = nfMessage(message.type)
    this.flags = message.flags
    this.sequence = message.sequence
    this.family = message.body[0] ?? 0
    this.portId = portId
    this.#keepPolicy()
  }

  is(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  #keepPolicy(): void {
    const { names, userdata } = policies[this.message] ?? {}
    for (const type of names ?? []) {
      const length = this.at(type)?.bytes.length ?? 1
      const text = this.at(type)?.bytes.at(-1) === 0 ? length - 1 : length
      if (length === 0 || text > NFT_NAME_MAXLEN - 1) throw this.refusal(ERANGE, type)
    }
    if (userdata !== undefined && (this.at(userdata)?.bytes.length ?? 0) > NFT_USERDATA_MAXLEN) {
      throw this.refusal(ERANGE, userdata)
    }
  }
}

/** What nla_validate() looks at before a message is looked at otherwise. */
interface Policy {
  readonly names?: readonly number[]
  readonly userdata?: number
}

const table: Policy = { names: [1], userdata: 6 }
const chain: Policy = { names: [1, 3], userdata: 12 }
const rule: Policy = { names: [1, 2], userdata: 7 }
const set: Policy = { names: [1, 2], userdata: 13 }
const elements: Policy = { names: [1, 2] }
const object: Policy = { names: [1, 2], userdata: 8 }
const flowtable: Policy = { names: [1, 2] }

const policies: Readonly<Record<number, Policy>> = {
  [NFT_MSG.NEWTABLE]: table,
  [NFT_MSG.GETTABLE]: table,
  [NFT_MSG.DELTABLE]: table,
  [NFT_MSG.DESTROYTABLE]: table,
  [NFT_MSG.NEWCHAIN]: chain,
  [NFT_MSG.GETCHAIN]: chain,
  [NFT_MSG.DELCHAIN]: chain,
  [NFT_MSG.DESTROYCHAIN]: chain,
  [NFT_MSG.NEWRULE]: rule,
  [NFT_MSG.GETRULE]: rule,
  [NFT_MSG.GETRULE_RESET]: rule,
  [NFT_MSG.DELRULE]: rule,
  [NFT_MSG.DESTROYRULE]: rule,
  [NFT_MSG.NEWSET]: set,
  [NFT_MSG.GETSET]: set,
  [NFT_MSG.DELSET]: set,
  [NFT_MSG.DESTROYSET]: set,
  [NFT_MSG.NEWSETELEM]: elements,
  [NFT_MSG.GETSETELEM]: elements,
  [NFT_MSG.GETSETELEM_RESET]: elements,
  [NFT_MSG.DELSETELEM]: elements,
  [NFT_MSG.DESTROYSETELEM]: elements,
  [NFT_MSG.NEWOBJ]: object,
  [NFT_MSG.GETOBJ]: object,
  [NFT_MSG.GETOBJ_RESET]: object,
  [NFT_MSG.DELOBJ]: object,
  [NFT_MSG.DESTROYOBJ]: object,
  [NFT_MSG.NEWFLOWTABLE]: flowtable,
  [NFT_MSG.GETFLOWTABLE]: flowtable,
  [NFT_MSG.DELFLOWTABLE]: flowtable,
  [NFT_MSG.DESTROYFLOWTABLE]: flowtable,
}
