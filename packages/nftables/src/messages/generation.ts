import { attributes, type Codec, NFGENMSG_LENGTH, nfGenMessage, text, u32be } from '@sallyport/linux'

/** The ruleset's generation: a number that grows with every commit. enum nft_gen_attributes. */
export interface Generation {
  id: number
  /** Who committed last, of events. */
  procPid?: number
  procName?: string
}

/** What follows nfgenmsg. */
export const generationCodec: Codec<Generation> = attributes<Generation>('generation', {
  id: [1, u32be, 'NFTA_GEN_ID'],
  procPid: [2, u32be, 'NFTA_GEN_PROC_PID'],
  procName: [3, text, 'NFTA_GEN_PROC_NAME'],
})

/** NFT_MSG_NEWGEN: nfgenmsg of no family, then the attributes. */
export function readGeneration(body: Uint8Array): Generation {
  nfGenMessage.read(body)
  return generationCodec.decode(body.subarray(NFGENMSG_LENGTH))
}
