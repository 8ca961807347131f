import { type DataType, datatypes, type KernelElement, type KernelSet } from '@sallyport/nftables'

/** `forwards { tcp . 6881 }`: an element as nft would write it. */
export function describeElement(set: KernelSet, element: KernelElement): string {
  if (element.key === undefined) return `${set.name} { * }`
  const types = typesOf(set.keyType)
  const from = valuesOf(types, element.key)
  const to = element.keyEnd === undefined ? from : valuesOf(types, element.keyEnd)
  const fields = from.map((value, index) => (value === to[index] ? value : `${value}-${to[index]}`))
  return `${set.name} { ${fields.join(' . ')} }`
}

const byId = new Map(Object.values(datatypes).map((type) => [type.id, type]))

/** NFTA_SET_KEY_TYPE holds six bits for each field, the last one lowest. */
function typesOf(keyType: number): (DataType | undefined)[] {
  const types: (DataType | undefined)[] = []
  for (let rest = keyType; rest > 0; rest >>>= 6) types.unshift(byId.get(rest & 0x3f))
  return types
}

function valuesOf(types: readonly (DataType | undefined)[], key: Uint8Array): string[] {
  let at = 0
  return types.map((type) => {
    if (type === undefined) return `0x${Buffer.from(key.subarray(at)).toString('hex')}`
    const bytes = Buffer.from(key.subarray(at, at + type.length))
    at += (type.length + 3) & ~3
    if (type.order === 'host') bytes.reverse()
    return type.format(BigInt(`0x${bytes.toString('hex')}`))
  })
}
