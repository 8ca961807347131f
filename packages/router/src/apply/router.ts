import type { Flow, NetworkNamespace } from '@sallyport/linux'
import { Batch, GenerationChanged } from '@sallyport/nftables'
import { compileConfig, type Desired, type Sysctl, TABLE } from '../compile/index.ts'
import type { Config } from '../config/index.ts'
import { RouterEvents, readStatus, type Status } from '../observe/index.ts'
import type { Change } from '../plan/index.ts'
import { Connections } from './connections.ts'
import { checkInterfaces } from './interfaces.ts'
import { findWrong, look, settingChange, summary, type Work } from './look.ts'
import { carrierOf, type Notes, noted, readNotes } from './notes.ts'
import { isOvertaken } from './overtaken.ts'

export interface RouterOptions {
  /** Where the router is. Default: the network namespace of the calling thread. */
  readonly namespace?: NetworkNamespace
}

/** What apply would do, or has done. */
export interface Plan {
  readonly changes: readonly Change[]
  /** Netlink messages that change something: rules, sets and elements, and one for each flow. 0: the ruleset is as it should be. */
  readonly messages: number
  /** What is odd but no mistake: an address that an interface does not have yet. */
  readonly warnings: readonly string[]
}

export interface Applied extends Plan {
  /** The generation of the kernel's ruleset that the last batch made, or that was found. */
  readonly generation: number
}

/** One look and what came of it. */
interface Round extends Pick<Plan, 'changes' | 'messages'> {
  readonly generation: number
  /** Settings as they were before our first change. */
  readonly saved: readonly Sysctl[]
}

/** How often apply starts again because somebody else changed the ruleset meanwhile. */
const ATTEMPTS = 200

/** A Sallyport router in one network namespace. It holds no state of its own: the kernel does. */
export class Router implements Disposable {
  readonly #to: Connections

  private constructor(connections: Connections) {
    this.#to = connections
  }

  /** Throws NftablesUnavailable without the privilege or in a kernel without nf_tables. */
  static open({ namespace }: RouterOptions = {}): Router {
    return new Router(new Connections(namespace))
  }

  /** What {@link apply} would change. Throws ConfigErrors when an interface does not exist. */
  plan(config: Config): Plan {
    const warnings = checkInterfaces(config, this.#to.route)
    const work = look(this.#to, compileConfig(config))
    return { ...summary(work, work.settings.writes, work.flows), warnings }
  }

  /**
   * Makes the kernel do what the config says: one batch, all or nothing, then the settings, then the flows that the
   * change made wrong. Starts again on a new look when somebody else was faster, or came in between: when it returns,
   * the kernel did what the config says. Killed on the way, the next apply goes on.
   */
  apply(config: Config): Applied {
    const warnings = checkInterfaces(config, this.#to.route)
    const desired = compileConfig(config)
    const rounds: Round[] = []
    for (let attempt = 1; ; attempt++) {
      try {
        const { finish, ...round } = this.#round(desired, rounds.at(-1)?.saved)
        rounds.push(round)
        const generation = finish()
        const changes = rounds.flatMap((each) => each.changes)
        const messages = rounds.reduce((sum, each) => sum + each.messages, 0)
        return { changes, messages, warnings, generation }
      } catch (error) {
        if (!isOvertaken(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Removes our table and puts the settings back. Nothing to do when we are not active. */
  down(): Plan {
    const changes: Change[] = []
    for (let attempt = 1; ; attempt++) {
      try {
        return { changes, messages: this.#remove(changes), warnings: [] }
      } catch (error) {
        if (!isOvertaken(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  status(): Status {
    return readStatus(this.#to.nftables, this.#to.conntrack)
  }

  /** Ports opened, taken over, refused, and hosts at their limit, from now on. */
  events({ signal }: { readonly signal?: AbortSignal } = {}): RouterEvents {
    return new RouterEvents({ namespace: this.#to.namespace, ...(signal && { signal }) })
  }

  [Symbol.dispose](): void {
    this.#to[Symbol.dispose]()
  }

  /** `finish` returns the last generation, or throws GenerationChanged when somebody else came in between. */
  #round(desired: Desired, remembered?: readonly Sysctl[]): Round & { finish: () => number } {
    const { nftables, settings } = this.#to
    const work = look(this.#to, desired, remembered)
    const generation = nftables.commit(work.batch, { generation: work.generation })
    // Read again: another apply may have written its own between the look and the commit.
    const written = settings.reach(work.settings.targets)
    const flows = this.#removeWrongFlows(work)
    const { saved } = work.settings
    return { ...summary(work, written, flows), generation, saved, finish: () => this.#finish(work.notes, generation) }
  }

  /** After the commit: flows that begin under the new rules are right. */
  #removeWrongFlows({ turn }: Work): Flow[] {
    if (turn === undefined) return []
    return findWrong(this.#to, turn).filter((flow) => this.#to.conntrack.delete(flow))
  }

  /** Settings have no generation: if another config was applied while ours were written, they may be mixed up. */
  #finish({ saved, unfinished }: Notes, generation: number): number {
    const { nftables } = this.#to
    if (!unfinished) {
      if (nftables.generation() !== generation) throw new GenerationChanged(generation)
      return generation
    }
    const rules = nftables.rules(TABLE)
    const carrier = carrierOf(rules)
    if (carrier?.handle === undefined) throw new GenerationChanged(generation)
    const { family, table, chain, expressions, userdata, handle } = carrier
    const same = { family, table, chain, expressions, ...(userdata && { userdata }) }
    const batch = new Batch().replace('rule', { ...noted(same, { saved, unfinished: false }), handle })
    return nftables.commit(batch, { generation })
  }

  /** Returns how many messages it took. Forwarding ends first: without the rules, packets would pass unfiltered. */
  #remove(changes: Change[]): number {
    const { nftables, settings } = this.#to
    const generation = nftables.generation()
    if (!nftables.tables().some(({ family, name }) => family === TABLE.family && name === TABLE.name)) return 0
    const { saved } = readNotes(nftables.rules(TABLE))
    changes.push(...settings.reach(saved).map(settingChange))
    nftables.commit(new Batch().delete('table', TABLE), { generation })
    changes.push({ op: 'delete', kind: 'table', name: `${TABLE.family} ${TABLE.name}` })
    return 1
  }
}
