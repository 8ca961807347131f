export type { Change, ChangeKind, UnknownChange } from './change.ts'
export type { CommitEvent, Committer, KernelEvent, MonitorEvent, ResyncEvent } from './commits.ts'
export { Mirror, type MirrorOptions, mirror } from './mirror.ts'
export { type MonitorOptions, monitor } from './monitor.ts'
