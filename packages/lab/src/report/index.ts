export { guessInterfaces, type Interfaces } from './guess.ts'
export { reportMarkdown } from './markdown.ts'
export { type RenderOptions as ReportStyle, renderReport } from './render.ts'
export type {
  Finding as RfcFinding,
  Level as RfcLevel,
  Requirement as RfcRequirement,
  Rfc,
  Verdict as RfcVerdict,
} from './requirement.ts'
export { requirementsOf, rfcs } from './requirements/index.ts'
export { reportJunit, reportResults } from './results.ts'
export { WiringError } from './rig/wiring.ts'
export {
  type Report as RfcReport,
  type ReportOptions,
  type Result as RfcResult,
  runReport,
  type Summary as RfcSummary,
} from './run.ts'
export type { NftSubject, NftWiring, Subject as ReportSubject } from './subject.ts'
