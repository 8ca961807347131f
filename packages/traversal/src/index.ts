export { stun, turn } from './client/index.ts'
