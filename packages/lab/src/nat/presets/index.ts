import { NoSuchPreset } from '../error.ts'
import type { Preset } from '../preset.ts'
import { addressRestricted, fullCone, portRestricted } from './cones.ts'
import { cgnat, home, udpBlocked } from './home.ts'
import { linux, linuxDropping, linuxRandom } from './linux.ts'
import { oneToOne } from './one-to-one.ts'
import {
  dmz,
  dmzPublished,
  portRestrictedCorrected,
  portRestrictedPublished,
  symmetricCorrected,
  symmetricPublished,
} from './published.ts'
import { sallyport } from './sallyport.ts'
import { cloud, corporate, symmetric } from './symmetric.ts'
import { triggering } from './triggering.ts'

export type PresetName =
  | 'home'
  | 'fullCone'
  | 'addressRestricted'
  | 'portRestricted'
  | 'symmetric'
  | 'cgnat'
  | 'cloud'
  | 'corporate'
  | 'udpBlocked'
  | 'oneToOne'
  | 'dmz'
  | 'dmzPublished'
  | 'portRestrictedPublished'
  | 'portRestrictedCorrected'
  | 'symmetricPublished'
  | 'symmetricCorrected'
  | 'portTriggering'
  | 'linux'
  | 'linuxRandom'
  | 'linuxDropping'
  | 'sallyport'

/** NATs that people have. Each proves itself: see `prove`. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  home,
  fullCone,
  addressRestricted,
  portRestricted,
  symmetric,
  cgnat,
  cloud,
  corporate,
  udpBlocked,
  oneToOne,
  dmz,
  dmzPublished,
  portRestrictedPublished,
  portRestrictedCorrected,
  symmetricPublished,
  symmetricCorrected,
  portTriggering: triggering,
  linux,
  linuxRandom,
  linuxDropping,
  sallyport,
}

/** All of them, in the order in which they are listed. */
export const allPresets: readonly Preset[] = Object.values(presets)

/** 'full-cone' or 'fullCone'. Throws {@link NoSuchPreset}, which lists the names. */
export function presetNamed(name: string): Preset {
  const found = Object.entries(presets).find(([key, preset]) => key === name || preset.name === name)
  if (found !== undefined) return found[1]
  throw new NoSuchPreset(
    name,
    allPresets.map((preset) => preset.name),
  )
}
