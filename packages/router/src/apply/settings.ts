import { type NetworkNamespace, readSysctl, writeSysctl } from '@sallyport/linux'
import type { Sysctl } from '../compile/index.ts'

/** What has to happen to the settings. */
export interface SettingsPlan {
  /** What they are to be: those of the config, and those that go back to what they were. */
  readonly targets: readonly Sysctl[]
  /** Those of them that are something else now. */
  readonly writes: readonly Sysctl[]
  /** All that we have ever changed, as it was before: to be noted before anything is written. */
  readonly saved: readonly Sysctl[]
}

/** A setting that the config needs and this kernel does not have. */
export class NoSuchSetting extends Error {
  constructor(names: readonly string[]) {
    super(`this kernel has no setting ${names.join(', ')}, which the config needs; is IPv6 or connection tracking off?`)
    this.name = 'NoSuchSetting'
  }
}

/**
 * Those that the config wants get its value; those that an earlier config changed and this one does not want get back
 * what they had. They stay noted until `down`: an apply that was overtaken may still write one. Pure: `present` is
 * what the kernel says now.
 */
export function planSettings(
  wanted: readonly Sysctl[],
  saved: readonly Sysctl[],
  present: ReadonlyMap<string, string>,
): SettingsPlan {
  const missing = wanted.filter(({ name }) => !present.has(name))
  if (missing.length > 0) throw new NoSuchSetting(missing.map(({ name }) => name))
  const names = (settings: readonly Sysctl[]): Set<string> => new Set(settings.map(({ name }) => name))
  const [isWanted, isSaved] = [names(wanted), names(saved)]
  const targets = [...wanted, ...saved.filter(({ name }) => !isWanted.has(name))]
  const fresh = differing(wanted, present).filter(({ name }) => !isSaved.has(name))
  const before = fresh.map(({ name }) => ({ name, value: present.get(name)! }))
  return { targets, writes: differing(targets, present), saved: [...saved, ...before] }
}

/** What differs from what is there. A setting that is gone, with its interface, is nobody's concern. */
export function differing(settings: readonly Sysctl[], present: ReadonlyMap<string, string>): Sysctl[] {
  return settings.filter(({ name, value }) => present.has(name) && present.get(name) !== value)
}

/** Kernel settings of one network namespace. */
export class Settings {
  readonly #namespace: NetworkNamespace

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace
  }

  /** The present values of those that this kernel has. */
  read(settings: readonly Sysctl[]): Map<string, string> {
    return this.#namespace.run(() => {
      const found = settings.map(({ name }) => [name, readSysctl(name)] as const)
      return new Map(found.filter((each): each is [string, string] => each[1] !== undefined))
    })
  }

  /** Makes them what they are to be, as far as they are not, and returns what that changed. */
  reach(targets: readonly Sysctl[]): Sysctl[] {
    const writes = differing(targets, this.read(targets))
    this.#write(writes)
    return writes
  }

  /**
   * accept_ra goes first: when forwarding begins, the kernel forgets the default routes of interfaces that are not to
   * accept router advertisements then (rt6_purge_dflt_routers).
   */
  #write(settings: readonly Sysctl[]): void {
    const last = ({ name }: Sysctl): number => (name.endsWith('.accept_ra') ? 0 : 1)
    const ordered = [...settings].sort((a, b) => last(a) - last(b))
    this.#namespace.run(() => {
      for (const { name, value } of ordered) writeSysctl(name, value)
    })
  }
}
