export { apparmorProfile } from './apparmor.ts'
export { type Finding, labsRun } from './finding.ts'
export { probeKernel } from './kernel.ts'
export { probeElsewhere, probeOutside } from './outside.ts'
