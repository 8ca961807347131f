export { type Applied, type Plan, Router, type RouterOptions } from './router.ts'
export { NoSuchSetting, SettingOfTheMachine } from './settings.ts'
