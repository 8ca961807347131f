import { isSysctlWritable, type NetworkNamespace, readSysctl, writeSysctl } from '@sallyport/linux'
import { MAX, type Sysctl, type WantedSysctl } from '../compile/index.ts'

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

/** The size of conntrack's table belongs to the machine: other network namespaces can only read it. */
export class SettingOfTheMachine extends Error {
  constructor({ name, value }: Sysctl, present: string) {
    super(
      `${name} is ${present}, and cannot be changed from this network namespace (nf_conntrack_standalone.c): ` +
        `set it to ${value} in the machine's own (sysctl -w ${name}=${value}), or take conntrack.max out of the config`,
    )
    this.name = 'SettingOfTheMachine'
  }
}

/**
 * Those that the config wants get its value; those that an earlier config changed and this one does not want get back
 * what they had. They stay noted until `down`: an apply that was overtaken may still write one. "Or more" is measured
 * at what was there without us, not at what an earlier config has set. Pure: `present` is what the kernel says now.
 */
export function planSettings(
  wanted: readonly WantedSysctl[],
  saved: readonly Sysctl[],
  present: ReadonlyMap<string, string>,
): SettingsPlan {
  const missing = wanted.filter(({ name }) => !present.has(name))
  if (missing.length > 0) throw new NoSuchSetting(missing.map(({ name }) => name))
  const names = (settings: readonly Sysctl[]): Set<string> => new Set(settings.map(({ name }) => name))
  const [isWanted, isSaved] = [names(wanted), names(saved)]
  const original = new Map([...present, ...saved.map(({ name, value }) => [name, value] as const)])
  const exact = wanted.map((each) => atLeast(each, original.get(each.name)!))
  const targets = [...exact, ...saved.filter(({ name }) => !isWanted.has(name))]
  const fresh = differing(exact, present).filter(({ name }) => !isSaved.has(name))
  const before = fresh.map(({ name }) => ({ name, value: present.get(name)! }))
  return { targets, writes: differing(targets, present), saved: [...saved, ...before] }
}

function atLeast({ name, value, orMore }: WantedSysctl, original: string): Sysctl {
  return { name, value: orMore && Number(original) > Number(value) ? original : value }
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

  /** Throws {@link SettingOfTheMachine} when conntrack's size is to be changed and is not ours to change; changes nothing. */
  check({ writes }: Pick<SettingsPlan, 'writes'>): void {
    const size = writes.find(({ name }) => name === MAX)
    if (size === undefined) return
    if (this.#namespace.run(() => isSysctlWritable(MAX))) return
    throw new SettingOfTheMachine(size, this.read([size]).get(MAX) ?? '')
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
