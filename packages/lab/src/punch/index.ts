export type { Cell as MatrixCell } from './cell.ts'
export type { Explanation as PunchExplanation } from './explain.ts'
export {
  type Contestant,
  type Matrix,
  type MatrixOptions,
  matrixPresets,
  type PunchTheory,
  runMatrix,
} from './matrix.ts'
export type { Heard } from './peer.ts'
export { type PeerResult, type PunchNode, type PunchOptions, type PunchResult, punch } from './punch.ts'
export { matrixHtml } from './render/html.ts'
export { matrixJson } from './render/json.ts'
export { matrixJunit, matrixResults } from './render/results.ts'
export { type MatrixStyle, type RenderMatrixOptions, renderMatrix } from './render/table.ts'
export {
  openRendezvous,
  type Registration as PeerRegistration,
  type Rendezvous,
  type RendezvousNode,
} from './rendezvous.ts'
export {
  explainTheory,
  type Order as PunchOrder,
  type PunchVerdict,
  type Reasoned,
  type Timing as PunchTiming,
  theory,
} from './theory.ts'
