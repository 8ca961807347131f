import { setTimeout } from 'node:timers/promises'
import { Lab, type LabRouter } from '@sallyport/lab'
import { NetworkNamespace, udpSocket } from '@sallyport/linux'
import { type Benchmark, type Context, quick, type Result } from './harness.ts'
import { hideNames, ShellLab } from './support/shell-lab.ts'

const PEER = 'a shell script with ip -batch and nft -f'

/** What is built: servers on the internet, routers with NAT on it, and a host behind the last few of them. */
interface Size {
  readonly servers: number
  readonly routers: number
  readonly hosts: number
  /** The preset of all routers. */
  readonly nat: string
}

const benchmark: Benchmark = {
  name: 'lab',
  claim: '100 routers with NAT are up at least 3 times sooner than with the programs ip and nft',
  async run(context) {
    hideNames()
    const small = { servers: 2, routers: 2, hosts: 2, nat: 'home' }
    const large = { servers: 1, routers: 100, hosts: 1 }
    return [
      await contest(context, 'an internet of 6 nodes, two of them routers with NAT', small, 1.5),
      await contest(context.with(quick), '100 routers that masquerade', { ...large, nat: 'linux-dropping' }, 3),
      // Ten sets and sixty rules each: what the kernel does with them costs both the same.
      await contest(context.with(quick), '100 routers with the NAT of a home', { ...large, nat: 'home' }, 3),
    ]
  },
}
export default benchmark

async function contest(context: Context, name: string, size: Size, goal: number): Promise<Result> {
  using shell = await shellLab(size)
  const ours = async (): Promise<number> => {
    const start = performance.now()
    const lab = await built(size)
    const time = performance.now() - start
    await check(context, lab.get('server0').namespace, lab.routers.at(-1)!, lab.get('host0').namespace)
    await lab[Symbol.asyncDispose]()
    await settled()
    return time
  }
  const model = await built(size)
  const router = model.routers.at(-1)!
  const theirs = async (): Promise<number> => {
    const time = shell.build()
    using server = shell.namespace('server0')
    using host = shell.namespace('host0')
    await check(context, server, router, host)
    shell.remove()
    await settled()
    return time
  }
  const result = await context.compare({ case: name, peer: PEER, goal, better: 'lower', ours, theirs })
  await model[Symbol.asyncDispose]()
  return result
}

async function built({ servers, routers, hosts, nat }: Size): Promise<Lab> {
  const lab = await Lab.create()
  for (let n = 0; n < servers; n += 1) lab.server(`server${n}`)
  for (let n = 0; n < routers; n += 1) {
    const router = lab.router(`router${n}`, { nat })
    if (routers - n <= hosts) router.host(`host${routers - 1 - n}`)
  }
  await lab.ready()
  return lab
}

/** A script that builds what a lab of ours is. */
async function shellLab(size: Size): Promise<ShellLab> {
  await using lab = await built(size)
  return new ShellLab(
    lab.topology,
    size.nat,
    new Map(lab.routers.map((router: LabRouter) => [router.name, router.site])),
  )
}

/** A datagram from behind the router arrives at the server, and comes from the router's external address. */
async function check(
  context: Context,
  server: NetworkNamespace,
  { external }: LabRouter,
  host: NetworkNamespace,
): Promise<void> {
  const receiver = await udpSocket({ namespace: server, port: 3478 })
  const sender = await udpSocket({ namespace: host })
  const arrived = new Promise<string>((resolve) => receiver.once('message', (_, from) => resolve(from.address)))
  sender.send('hello', 3478, '203.0.113.1')
  const from = await Promise.race([arrived, setTimeout(5000, 'nowhere', { ref: false })])
  receiver.close()
  sender.close()
  context.check(from === external[0], `the packet came from ${from}, not from ${external[0]}`)
}

/** The kernel takes namespaces down in the background, and makes new ones slowly meanwhile: nobody is to pay for that. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    await setTimeout(50)
    const start = performance.now()
    NetworkNamespace.create()[Symbol.dispose]()
    quiet = performance.now() - start < 5 ? quiet + 1 : 0
  }
}
