import type { LabNode } from '../node.ts'
import type { LabRouter } from '../router.ts'

/** Who takes part in a proof: two hosts on the router's LAN; two servers and a stranger outside. All are guests. */
export class Ground implements AsyncDisposable {
  readonly inside: readonly [LabNode, LabNode]
  readonly servers: readonly [LabNode, LabNode]
  readonly stranger: LabNode

  constructor(router: LabRouter) {
    this.inside = [router.guest('inside'), router.guest('inside')]
    this.servers = [router.guest('outside'), router.guest('outside')]
    this.stranger = router.guest('outside')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const guest of [...this.inside, ...this.servers, this.stranger]) await guest[Symbol.asyncDispose]()
  }
}
