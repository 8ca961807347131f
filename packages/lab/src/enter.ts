import { sandbox } from '@sallyport/linux'

/** `node --import @sallyport/lab/enter program.ts`: a program that is in a sandbox before its first statement. */
await sandbox()
