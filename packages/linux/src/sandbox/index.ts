export { insideSandbox, sandbox, sandboxAttempts } from './sandbox.ts'
