/** How many allocations there are, of each user and in all: of one server, or of several that count together. */
export interface Quota {
  /** Counts one more; or says which limit is reached, and counts nothing. */
  take(user: string, limits: QuotaLimits): 'taken' | 'user full' | 'server full'
  /** One less. */
  give(user: string): void
}

export interface QuotaLimits {
  /** Allocations of one user. */
  readonly perUser: number
  /** Allocations of all. */
  readonly total: number
}

/** Of one server alone. */
export class LocalQuota implements Quota {
  readonly #perUser = new Map<string, number>()
  #total = 0

  take(user: string, { perUser, total }: QuotaLimits): 'taken' | 'user full' | 'server full' {
    const count = this.#perUser.get(user) ?? 0
    if (count >= perUser) return 'user full'
    if (this.#total >= total) return 'server full'
    this.#perUser.set(user, count + 1)
    this.#total += 1
    return 'taken'
  }

  give(user: string): void {
    const left = (this.#perUser.get(user) ?? 0) - 1
    if (left > 0) this.#perUser.set(user, left)
    else this.#perUser.delete(user)
    this.#total -= 1
  }
}
