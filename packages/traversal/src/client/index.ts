export * as stun from './stun.ts'
export * as turn from './turn.ts'
