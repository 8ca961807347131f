import { type Field, parseAttributes, text, writeAttribute } from '@sallyport/linux'

/** A name of an interface; with `*` at its end the beginning of names. A name that really ends so: `\*`. */
export type DeviceName = string

/** enum nft_devices_attributes */
const NFTA_DEVICE_NAME = 1
const NFTA_DEVICE_PREFIX = 2 // Linux 6.18

/** NFTA_HOOK_DEVS and NFTA_FLOWTABLE_HOOK_DEVS: interfaces by name or by the beginning of their names. */
export const devices: Field<DeviceName[]> = {
  nested: true,
  allMacros: { NFTA_DEVICE_NAME, NFTA_DEVICE_PREFIX },
  write: (out, names) => {
    for (const name of names) {
      const prefix = name.endsWith('*') && !name.endsWith('\\*')
      const bare = prefix ? name.slice(0, -1) : name.replace(/\\\*$/, '*')
      writeAttribute(out, prefix ? NFTA_DEVICE_PREFIX : NFTA_DEVICE_NAME, (inner) => text.write(inner, bare))
    }
  },
  read: (bytes, endianness) =>
    Array.from(parseAttributes(bytes, endianness), ({ type, bytes }) => {
      const name = text.read(bytes)
      return type === NFTA_DEVICE_PREFIX ? `${name}*` : name.replace(/\*$/, '\\*')
    }),
}
