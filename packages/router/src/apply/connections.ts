import { Conntrack, NetworkNamespace, Route } from '@sallyport/linux'
import { connect, type Nftables } from '@sallyport/nftables'
import { Settings } from './settings.ts'

/** All that one router of one network namespace is reached by. */
export class Connections implements Disposable {
  readonly namespace: NetworkNamespace
  readonly nftables: Nftables
  readonly conntrack: Conntrack
  readonly route: Route
  readonly settings: Settings
  readonly #stack = new DisposableStack()

  /** Conntrack before settings: opening it makes the kernel load what the conntrack settings belong to. */
  constructor(namespace: NetworkNamespace | undefined) {
    using opening = new DisposableStack()
    this.namespace = namespace ?? opening.use(NetworkNamespace.current())
    const where = { namespace: this.namespace }
    this.nftables = opening.use(connect(where))
    this.conntrack = opening.use(Conntrack.open(where))
    this.conntrack.count()
    this.route = opening.use(Route.open(where))
    this.settings = new Settings(this.namespace)
    this.#stack.use(opening.move())
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }
}
