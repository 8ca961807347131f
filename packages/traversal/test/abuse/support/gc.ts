import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that are in use by JavaScript, buffers included, after everything else was thrown away. */
export function bytesInUse(): number {
  for (let round = 0; round < 4; round += 1) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
