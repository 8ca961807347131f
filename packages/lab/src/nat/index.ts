export {
  type Behaviour,
  type BehaviourOptions,
  behaviour,
  type Dependence as NatDependence,
  type Ports,
  type ProtocolBehaviour,
  type Timeouts,
} from './behaviour.ts'
export type { NatOptions } from './choice.ts'
export { NatError, NoSuchPreset } from './error.ts'
export { beginNat, flushNat, installNat, removeNat, settingsOf } from './install.ts'
export { load } from './load.ts'
export type { Preset, Site } from './preset.ts'
export { allPresets, type PresetName, presetNamed, presets } from './presets/index.ts'
export { masquerade, symmetric } from './presets/plain.ts'
export { type PortTriggering, portTriggering, type TriggerPorts } from './presets/port-triggering.ts'
export { type ResolvedNat, resolveNat, rulesetOf } from './resolve.ts'
export { rulesOf } from './rules/rules.ts'
