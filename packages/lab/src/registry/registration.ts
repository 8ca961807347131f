import { type CardNode, encodeCard } from './card.ts'
import { labId } from './find.ts'
import { forget, namelessFile } from './nameless.ts'
import { ownPid } from './proc.ts'

/**
 * A lab that is found from outside: by `sallyport lab list` and `lab exec`. What it says is in a file that has no name
 * anywhere, held open by this process and read through /proc/PID/fd: after SIGKILL nothing is left of it.
 */
export class Registration implements Disposable {
  readonly name: string
  readonly #nodes: () => readonly CardNode[]
  #fd: number | undefined
  #pending = false
  #disposed = false

  /** @param nodes the nodes there are now; asked again after every {@link changed} */
  constructor(name: string, nodes: () => readonly CardNode[]) {
    this.name = name
    this.#nodes = nodes
    this.#write()
  }

  /** What `--lab` takes to mean this lab and no other; programs of it find it in SALLYPORT_LAB. */
  get id(): string {
    return labId({ name: this.name, pid: ownPid() })
  }

  /** Nodes came or went. Written once, however many of them, before the process next waits. */
  changed(): void {
    if (this.#pending || this.#disposed) return
    this.#pending = true
    queueMicrotask(() => {
      this.#pending = false
      if (!this.#disposed) this.#write()
    })
  }

  /** A new file for every state: a reader sees the old one or the new one, and nothing in between. */
  #write(): void {
    const before = this.#fd
    this.#fd = namelessFile(encodeCard({ name: this.name, nodes: this.#nodes() }))
    if (before !== undefined) forget(before)
  }

  /** Not found from now on. Idempotent. */
  [Symbol.dispose](): void {
    this.#disposed = true
    if (this.#fd !== undefined) forget(this.#fd)
    this.#fd = undefined
  }
}
