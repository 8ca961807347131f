import {
  attributes,
  type Codec,
  type Field,
  i32be,
  Malformed,
  memoryOf,
  named,
  raw,
  remember,
  text,
  type Unknown,
  u32be,
  unknown,
} from '@sallyport/linux'

/** enum nft_verdicts and NF_* of linux/netfilter.h, which share one number space. */
export const verdictCodes = {
  drop: 0, // NF_DROP
  accept: 1, // NF_ACCEPT
  stolen: 2, // NF_STOLEN
  queue: 3, // NF_QUEUE
  repeat: 4, // NF_REPEAT
  continue: -1, // NFT_CONTINUE
  break: -2, // NFT_BREAK
  jump: -3, // NFT_JUMP
  goto: -4, // NFT_GOTO
  return: -5, // NFT_RETURN
} as const
export type VerdictCode = keyof typeof verdictCodes

/** enum nft_verdict_attributes */
export interface Verdict {
  code: VerdictCode
  /** Where `jump` and `goto` go. */
  chain?: string
  /** The same for a chain of this batch that has no name yet. */
  chainId?: number
}

const verdict: Codec<Verdict> = attributes<Verdict>('verdict', {
  code: [1, named(i32be, verdictCodes), 'NFTA_VERDICT_CODE'],
  chain: [2, text, 'NFTA_VERDICT_CHAIN'],
  chainId: [3, u32be, 'NFTA_VERDICT_CHAIN_ID'],
})

/** enum nft_data_attributes: bytes as they lie in a register, or a verdict. Never both. */
export type Data = { value: Uint8Array; verdict?: never } | { verdict: Verdict; value?: never }

const either: Codec<{ value?: Uint8Array; verdict?: Verdict }> = attributes('data', {
  value: [1, raw, 'NFTA_DATA_VALUE'],
  verdict: [2, verdict, 'NFTA_DATA_VERDICT'],
})

export const data: Field<Data> = {
  ...either,
  write: (out, value) => either.write(out, value),
  read: (bytes, endianness) => {
    const read = either.read(bytes, endianness)
    if ((read.value === undefined) === (read.verdict === undefined))
      throw new Malformed('neither a value nor a verdict')
    return read as Data
  },
}

/** The bytes of a value alone. They remember attributes of the future that stood beside them. */
export function bytesOfData(data: Data & Unknown): Uint8Array | undefined {
  const { value } = data
  return value === undefined || data[unknown] === undefined ? value : remember(value, { source: data })
}

/** The other way. */
export function dataOfBytes(value: Uint8Array): Data {
  return (memoryOf(value)?.source as Data | undefined) ?? { value }
}
