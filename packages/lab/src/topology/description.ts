import type { Family, HostOptions, Internet, RouterChildren, RouterOptions } from './internet.ts'

type Entry =
  | { readonly kind: 'host'; readonly parent: string | undefined; readonly options: HostOptions }
  | { readonly kind: 'router'; readonly parent: string | undefined; readonly options: RouterOptions }

type Routers = NonNullable<Internet['routers']>
type Hosts = NonNullable<RouterChildren['hosts']>

/**
 * What a lab is at the moment, in the words in which a person describes one. Kept up to date while it changes, so that
 * what was tried out step by step can be written down.
 */
export class Description {
  readonly #seed: number | undefined
  readonly #families: readonly Family[] | undefined
  readonly #entries = new Map<string, Entry>()

  constructor({ seed, families }: Pick<Internet, 'seed' | 'families'>) {
    this.#seed = seed
    this.#families = families
  }

  /** @param parent name of the router it is behind; undefined: directly on the internet */
  addHost(name: string, parent: string | undefined, options: HostOptions): void {
    this.#entries.set(name, { kind: 'host', parent, options })
  }

  addRouter(name: string, parent: string | undefined, options: RouterOptions): void {
    this.#entries.set(name, { kind: 'router', parent, options })
  }

  /** What is not a part of it (a node of the low level) is left alone. */
  change(name: string, change: Partial<HostOptions> | Partial<RouterOptions>): void {
    const entry = this.#entries.get(name)
    if (entry !== undefined) this.#entries.set(name, { ...entry, options: { ...entry.options, ...change } } as Entry)
  }

  move(name: string, parent: string | undefined): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    const { address: _given, delegated: _too, ...options } = entry.options as HostOptions & RouterOptions
    this.#entries.set(name, { ...entry, parent, options } as Entry)
  }

  data(): Internet {
    const servers = this.#hosts(undefined)
    const routers = this.#routers(undefined)
    return {
      ...(this.#seed !== undefined && { seed: this.#seed }),
      ...(this.#families !== undefined && { families: this.#families }),
      ...(servers !== undefined && { servers }),
      ...(routers !== undefined && { routers }),
    }
  }

  #hosts(parent: string | undefined): Hosts | undefined {
    const found = [...this.#entries].flatMap(([name, entry]) =>
      entry.kind === 'host' && entry.parent === parent ? [[name, entry.options] as const] : [],
    )
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }

  #routers(parent: string | undefined): Routers | undefined {
    const found = [...this.#entries].flatMap(([name, entry]) =>
      entry.kind === 'router' && entry.parent === parent ? [[name, this.#router(name, entry.options)] as const] : [],
    )
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }

  #router(name: string, options: RouterOptions): RouterOptions & RouterChildren {
    const hosts = this.#hosts(name)
    const routers = this.#routers(name)
    return { ...options, ...(hosts !== undefined && { hosts }), ...(routers !== undefined && { routers }) }
  }
}
