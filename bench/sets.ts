import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NetworkNamespace } from '@sallyport/linux'
import { Batch, batchOf, connect, packElements, Ruleset, SetDefinition, type SetOptions } from '@sallyport/nftables'
import { type Benchmark, type Context, quick, type Result } from './harness.ts'
import { addresses } from './support/addresses.ts'
import { GoogleNftables } from './support/google-nftables.ts'
import { countElements, duration, nftTime, peakMemory } from './support/nft.ts'
import { programPath } from './support/rulesets.ts'

/** The kernel makes room for a set of known size at once, and enlarges one of unknown size again and again. */
type Kind = 'sized' | 'growing' | 'intervals'

const benchmark: Benchmark = {
  name: 'sets',
  claim: '100,000 and 1,000,000 addresses are in the kernel at least 1.8 times sooner than nft -f has them there',
  async run(context) {
    using directory = new Directory()
    const few = new Load(directory, 100_000)
    const many = new Load(directory, 1_000_000)
    const results = [
      await few.againstNft(context, 'sized', 1.8),
      await many.againstNft(context.with(quick), 'sized', 1.8),
      await few.againstNft(context, 'intervals', 1.8),
      await few.againstNft(context, 'growing', 1.8),
      await many.againstNft(context.with(quick), 'growing', 1.8),
      await many.memory(context, 'sized'),
    ]
    using google = GoogleNftables.build(context)
    if (google === undefined) return results
    return [...results, await few.againstGoogle(context, google), await many.againstGoogle(context.with(quick), google)]
  },
}
export default benchmark

/** What the send buffer that the kernel gives by itself holds. */
const PART = 9000

/** The same addresses for every contestant. */
class Load {
  readonly #addresses: readonly string[]
  readonly #directory: Directory
  readonly #name: string

  constructor(directory: Directory, count: number) {
    this.#addresses = addresses(count)
    this.#directory = directory
    this.#name = `${count.toLocaleString('en')} addresses`
    directory.write(`${count}.txt`, this.#addresses.join('\n'))
  }

  againstNft(context: Context, kind: Kind, goal: number): Promise<Result> {
    const file = this.#ruleset(kind)
    return context.compare({
      case: `${this.#name}, ${kind}`,
      peer: 'nft -f',
      goal,
      better: 'lower',
      ours: () => this.#inNamespace(context, (namespace) => this.#commit(kind, namespace)),
      theirs: () => this.#inNamespace(context, (namespace) => nftTime(namespace, '-f', file)),
    })
  }

  /** Its version in Debian cannot give a set a size, nor send this much as one transaction: both send many. */
  againstGoogle(context: Context, google: GoogleNftables): Promise<Result> {
    const list = this.#directory.path(`${this.#addresses.length}.txt`)
    return context.compare({
      case: `${this.#name}, growing, in transactions of ${PART.toLocaleString('en')}`,
      peer: google.name,
      goal: 1,
      better: 'lower',
      ours: () => this.#inNamespace(context, (namespace) => this.#commitInParts(namespace)),
      theirs: () => this.#inNamespace(context, (space) => google.run(space, 'load', list, '0').nanoseconds / 1e6),
    })
  }

  /** Whole processes, each of which begins with reading a file. */
  memory(context: Context, kind: Kind): Promise<Result> {
    const file = this.#ruleset(kind)
    const list = this.#directory.path(`${this.#addresses.length}.txt`)
    const program = join(import.meta.dirname, 'support/load-set.ts')
    return context.with({ counted: 3, warmUp: 0 }).compare({
      case: `${this.#name}, ${kind}: peak memory of the process`,
      peer: 'nft -f',
      goal: 1,
      better: 'lower',
      ours: () => this.#inNamespace(context, (space) => peakMemory(process.execPath, [program, list], space)),
      theirs: () => this.#inNamespace(context, (space) => peakMemory(programPath('nft'), ['-f', file], space)),
    })
  }

  /** From texts to the kernel's consent: all in one transaction. */
  #commit(kind: Kind, namespace: NetworkNamespace): number {
    using nft = connect({ namespace })
    return duration(() => {
      const ruleset = new Ruleset()
      const options = { ...optionsOf(kind, this.#addresses.length), elements: this.#addresses }
      ruleset.table('inet', 'bench').set('addresses', { type: 'ipv4_addr', ...options })
      nft.commit(batchOf(ruleset))
    })
  }

  #commitInParts(namespace: NetworkNamespace): number {
    using nft = connect({ namespace })
    return duration(() => {
      const ruleset = new Ruleset()
      ruleset.table('inet', 'bench').set('addresses', { type: 'ipv4_addr' })
      nft.commit(batchOf(ruleset))
      for (let at = 0; at < this.#addresses.length; at += PART) {
        const part = new SetDefinition('addresses', 'ipv4_addr', {}, this.#addresses.slice(at, at + PART))
        const elements = packElements(part, part.columns)
        nft.commit(new Batch().add('elements', { family: 'inet', table: 'bench', set: part.name, elements }))
      }
    })
  }

  async #inNamespace(
    context: Context,
    load: (namespace: NetworkNamespace) => number | Promise<number>,
  ): Promise<number> {
    using namespace = NetworkNamespace.create()
    const found = await load(namespace)
    const count = countElements(namespace)
    context.check(count === this.#addresses.length, `the set has ${count} elements`)
    return found
  }

  #ruleset(kind: Kind): string {
    const { size, flags } = optionsOf(kind, this.#addresses.length)
    const options = `${size === undefined ? '' : `size ${size};`}${flags === undefined ? '' : `flags ${flags.join()};`}`
    const elements = this.#addresses.join(', ')
    const set = `set addresses { type ipv4_addr; ${options} elements = { ${elements} } }`
    return this.#directory.write(`${this.#addresses.length}-${kind}.nft`, `table inet bench { ${set}\n}\n`)
  }
}

function optionsOf(kind: Kind, size: number): SetOptions {
  return kind === 'sized' ? { size } : kind === 'intervals' ? { flags: ['interval'] } : {}
}

/** Files for other programs to read. */
class Directory implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'bench-sets-'))

  path(name: string): string {
    return join(this.#path, name)
  }

  write(name: string, content: string): string {
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true })
  }
}
