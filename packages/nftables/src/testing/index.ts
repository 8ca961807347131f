/** For tests: the nf_tables of a kernel in memory, and recordings of real ones. No root, no Linux, no I/O. */
export { type Behaviour, behaviourOf } from './behaviour.ts'
export { MemoryKernel, type MemoryKernelOptions, memoryKernel, type SocketOptions } from './kernel.ts'
export { RECORDING_FORMAT, Recorder, recorder, replayed } from './recorder.ts'
