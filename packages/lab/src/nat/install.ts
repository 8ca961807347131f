import { Conntrack, type NetworkNamespace, writeSysctl } from '@sallyport/linux'
import { Batch, batchOf, connect, type Nftables, type Submission, submit } from '@sallyport/nftables'
import { type Config, compileConfig, Router } from '@sallyport/router'
import { compiled } from './compiled.ts'
import { loadNftFile } from './nft-file.ts'
import type { Site } from './preset.ts'
import type { Means, ResolvedNat } from './resolve.ts'
import { timeoutSettings } from './timeouts.ts'

type TableRef = ReturnType<Nftables['tables']>[number]
type Name = Pick<TableRef, 'family' | 'name'>

/** What was put where, so that only that is taken away again. */
const installed = new WeakMap<NetworkNamespace, readonly Name[]>()
/** What the kernel may still be working on. */
const underway = new WeakMap<NetworkNamespace, Submission>()

/**
 * Puts a NAT into a router's namespace in place of the one that {@link installNat} put there before; other tables stay.
 * Connections that are tracked already go on as they began: see {@link flushNat}. Throws NatError for an nft file that
 * nft refuses, TransactionError for rules that the kernel refuses.
 */
export function installNat(nat: ResolvedNat, site: Site, namespace: NetworkNamespace): void {
  set(settingsOf(nat), namespace)
  beginNat(nat, site, namespace)?.settle()
}

/** Sysctls of a NAT. Those of a config come with its rules. */
export function settingsOf({ means, behaviour }: ResolvedNat): [name: string, value: string][] {
  return means.by === 'config' || behaviour === undefined ? [] : timeoutSettings(behaviour.timeouts)
}

/**
 * {@link installNat} without its {@link settingsOf}, that returns while the kernel works on the rules: they take it longer
 * than all the rest of a router. What is returned waits for them, and tells what became of them. Undefined: they are there.
 */
export function beginNat(nat: ResolvedNat, site: Site, namespace: NetworkNamespace): Submission | undefined {
  const { means } = nat
  if (means.by === 'config') return installConfig(means, site, namespace)
  if (means.by === 'rules' || means.by === 'behaviour') return replace(compiled(means, site), namespace)
  replace(new Batch(), namespace)
  if (means.by === 'nft') noting(namespace, () => loadNftFile(means.file, means.variables, site, namespace))
  return undefined
}

/** Takes away what {@link installNat} put there. */
export function removeNat(namespace: NetworkNamespace): void {
  replace(new Batch(), namespace)
}

/** A NAT of our router: by its own `apply`, or for a preset, which nobody has anything to keep of, its rules at once. */
function installConfig(
  means: Means & { by: 'config' },
  site: Site,
  namespace: NetworkNamespace,
): Submission | undefined {
  const config = means.config(site)
  if (means.kept) {
    if (!isOurs(installed.get(namespace))) replace(new Batch(), namespace)
    noting(namespace, () => applyConfig(config, namespace))
    return undefined
  }
  const { ruleset, sysctls } = compileConfig(config)
  const settings = sysctls.map(({ name, value }) => [name, value] as const)
  set(settings, namespace)
  return replace(batchOf(ruleset), namespace)
}

/** One batch: the old tables go, the new ones come. */
function replace(batch: Batch, namespace: NetworkNamespace): Submission | undefined {
  underway.get(namespace)?.wait()
  const before = installed.get(namespace) ?? []
  if (before.length === 0) return begin(batch, namespace)
  using nftables = connect({ namespace })
  nftables.commitQuietly(removal(before).concat(batch))
  installed.set(namespace, tablesOf(batch))
  return undefined
}

/** The first tables. If the kernel refuses them, they are removed in vain later, which does no harm. */
function begin(batch: Batch, namespace: NetworkNamespace): Submission | undefined {
  if (batch.size === 0) return undefined
  const submission = submit(batch, { namespace })
  underway.set(namespace, submission)
  installed.set(namespace, tablesOf(batch))
  return submission
}

/** Remembers the tables that something makes which does not tell. */
function noting(namespace: NetworkNamespace, make: () => void): void {
  using nftables = connect({ namespace })
  const ours = installed.get(namespace) ?? []
  const others = nftables.tables().filter((table) => !ours.some((our) => sameTable(table, our)))
  make()
  const made = nftables.tables().filter((table) => !others.some((other) => sameTable(table, other)))
  installed.set(namespace, made)
}

/** Is what is there the table of our router, which `apply` changes in place? */
function isOurs(tables: readonly Name[] = []): boolean {
  return tables.length === 1 && tables[0]!.name === 'sallyport'
}

/** The NAT forgets: every tracked connection, and what its sets have learned from packets. */
export function flushNat(namespace: NetworkNamespace): void {
  using nftables = connect({ namespace })
  const batch = new Batch()
  for (const { family, table, name, flags } of nftables.sets()) {
    if (flags.includes('eval')) batch.flush('set', { family, table, name })
  }
  nftables.commitQuietly(batch)
  using conntrack = Conntrack.open({ namespace })
  for (const flow of conntrack.list()) conntrack.delete(flow)
}

function set(settings: readonly (readonly [string, string | number])[], namespace: NetworkNamespace): void {
  namespace.run(() => {
    for (const [name, value] of settings) writeSysctl(name, value)
  })
}

function applyConfig(config: Config, namespace: NetworkNamespace): void {
  using router = Router.open({ namespace })
  router.apply(config)
}

function removal(tables: readonly Name[]): Batch {
  const batch = new Batch()
  for (const { family, name } of tables) batch.destroy('table', { family, name })
  return batch
}

function tablesOf({ operations }: Batch): Name[] {
  return operations.flatMap(({ kind, value }) => (kind === 'table' ? [value as Name] : []))
}

const sameTable = (a: Name, b: Name): boolean => a.family === b.family && a.name === b.name
