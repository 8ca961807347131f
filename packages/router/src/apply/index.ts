export { type Applied, type Plan, Router, type RouterOptions } from './router.ts'
export { NoSuchSetting } from './settings.ts'
