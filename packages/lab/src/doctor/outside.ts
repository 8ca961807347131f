import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { sandboxAttempts } from '@sallyport/linux'
import { type Finding, find, Missing, type Probe } from './finding.ts'

const root: boolean = process.getuid?.() === 0

/** Namespaces and programs: what is found out without being in a sandbox. */
export function probeOutside(): Finding[] {
  return [...namespaces, ...tools.map(toolProbe)].map(find)
}

const namespaces: readonly Probe[] = [
  {
    group: 'namespaces',
    name: 'namespaces of our own',
    required: true,
    fix: root
      ? 'docker run --privileged, or run outside of the container'
      : 'run as root, or see user namespaces below',
    run: () => anyOf(sandboxAttempts(root)),
  },
  {
    group: 'namespaces',
    name: 'user namespaces',
    required: false,
    instead: 'root',
    fix: whyNoUserNamespaces(),
    run: () => anyOf(sandboxAttempts(false)),
  },
]

function anyOf(attempts: readonly (readonly string[])[]): string {
  const refusals = attempts.map((flags) => refusal('unshare', [...flags, 'true']))
  const works = attempts[refusals.indexOf(undefined)]
  if (works === undefined) throw new Missing(refusals.at(-1))
  return `unshare ${works.join(' ')} works`
}

/** Undefined when the program ended well, else what it said. */
function refusal(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (error !== undefined)
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `${command} is not installed` : error.message
  return status === 0 ? undefined : stderr.trim() || `${command} ended with ${status}`
}

function whyNoUserNamespaces(): string {
  if (existsSync('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')) return 'install the AppArmor profile below'
  return 'sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1; in a container: --privileged'
}

/**
 * What another process finds out that is this program with other arguments, and prints `{ findings }`. A sandbox is a
 * process of its own, which ends the one that asks for it where there can be none.
 */
export function probeElsewhere(args: readonly string[]): Finding[] {
  const program = [...process.execArgv, process.argv[1]!, ...args]
  const { stdout, stderr } = spawnSync(process.execPath, program, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    return (JSON.parse(stdout) as { findings: Finding[] }).findings
  } catch {
    const detail = stderr.trim() || 'the probes ended without a word'
    return [{ group: 'kernel', name: 'sandbox', ok: false, required: true, detail }]
  }
}

interface Tool {
  readonly name: string
  readonly version: string
  readonly package: string
  readonly required?: boolean
  readonly instead?: string
}

const tools: readonly Tool[] = [
  { name: 'unshare', version: '--version', package: 'util-linux', required: true },
  { name: 'setpriv', version: '--version', package: 'util-linux', required: true },
  { name: 'nsenter', version: '--version', package: 'util-linux', instead: 'nothing: `lab exec` does not work' },
  { name: 'nft', version: '--version', package: 'nftables', instead: 'netlink; rules in nft files do not load' },
  { name: 'ip', version: '-V', package: 'iproute2', instead: 'netlink; `lab exec NODE -- ip addr` has no ip' },
  { name: 'tcpdump', version: '--version', package: 'tcpdump', instead: "the lab's own capture (pcapng)" },
]

function toolProbe({ name, version, package: from, required = false, instead }: Tool): Probe {
  return {
    group: 'tools',
    name,
    required,
    ...(instead && { instead }),
    fix: `install the package ${from}`,
    run: () => {
      const said = refusal(name, [version])
      if (said !== undefined) throw new Missing(said)
      return 'runs'
    },
  }
}
