import { install, type Subject, wiringFor } from '../subject.ts'
import { Rig, type RigOptions } from './rig.ts'

/** Where one check works: every rig that it asks for is a new one, with the subject in its router. */
export class Bench implements AsyncDisposable {
  readonly subject: Subject
  readonly #rigs: Rig[] = []

  constructor(subject: Subject) {
    this.subject = subject
  }

  async rig(options: RigOptions = {}): Promise<Rig> {
    const pool = (this.subject.addresses ?? 1) > 1
    const rig = await Rig.build(wiringFor(this.subject), { pool, ...options })
    this.#rigs.push(rig)
    this.reload(rig)
    return rig
  }

  /** Puts the subject into the rig's router again, as a reload does. */
  reload(rig: Rig): void {
    install(this.subject, rig.router, rig.site)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#rigs.splice(0).map((rig) => rig[Symbol.asyncDispose]()))
  }
}
