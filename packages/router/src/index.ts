export {
  type Applied,
  NoSuchSetting,
  type Plan,
  Router,
  type RouterOptions,
  SettingOfTheMachine,
} from './apply/index.ts'
export { compileConfig, type Desired, type Sysctl } from './compile/index.ts'
export * from './config/index.ts'
export type { PortEvent, RouterEvent, RouterEvents, Status } from './observe/index.ts'
export type { Change, ChangeKind } from './plan/index.ts'
export { render } from './render.ts'
