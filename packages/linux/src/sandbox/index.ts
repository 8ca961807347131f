export { insideSandbox, sandbox } from './sandbox.ts'
