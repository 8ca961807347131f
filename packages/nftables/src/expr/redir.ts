import { u32be } from '@sallyport/linux'
import { type NatFlag, natFlagList, withoutImpliedFlags } from './natflags.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** Destination NAT to this machine, to the port in the register. */
export interface Redir {
  expr: 'redir'
  regProtoMin?: number
  regProtoMax?: number
  flags?: NatFlag[]
}

export const redir: ExpressionCodec<Redir> = expression<Redir>(
  'redir',
  {
    regProtoMin: [1, u32be, 'NFTA_REDIR_REG_PROTO_MIN'],
    regProtoMax: [2, u32be, 'NFTA_REDIR_REG_PROTO_MAX'],
    flags: [3, natFlagList, 'NFTA_REDIR_FLAGS'],
  },
  (redir) => {
    const regProtoMax = redir.regProtoMax ?? redir.regProtoMin
    return withoutImpliedFlags({ ...redir, ...(regProtoMax !== undefined && { regProtoMax }) })
  },
)
