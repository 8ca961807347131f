// A thread that does nothing but sleep, and writes down how late it is woken each time. Started by patience.ts.
import { workerData } from 'node:worker_threads'
import { Poll, runFirst, Wakeup } from '@sallyport/linux'

const SLEEP = 20

const { late, count } = workerData as { late: Float64Array; count: Int32Array }
using nothing = new Wakeup()
const poll = new Poll([nothing.fd])
runFirst()
for (;;) {
  const start = performance.now()
  poll.wait(SLEEP)
  late[Atomics.load(count, 0) % late.length] = performance.now() - start - SLEEP
  Atomics.add(count, 0, 1)
}
