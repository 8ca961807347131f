import { inPrefix, parseIp, parsePrefix } from '@sallyport/linux'
import { INTERNET_IPV4 } from '../topology/public.ts'
import { overlap } from '../topology/subnet.ts'
import { checkDelegated, delegatedOf } from './delegated.ts'
import { type Node, type Problems, quote } from './document.ts'

/** One thing that has a name: the node of the name, and the node of what is said about it. */
interface Named {
  readonly name: string
  readonly key: Node
  readonly value: Node | undefined
}

/** What no single value shows: names that are taken, LANs on the internet, addresses not in their LAN or given twice. */
export function checkConsistent(root: Node, problems: Problems): void {
  const taken = new Map<string, Node>()
  for (const { name, key } of everything(root)) {
    const first = taken.get(name)
    if (first === undefined) taken.set(name, key)
    else nameTaken(key, name, first, problems)
  }
  checkDelegated(namedIn(root.get('routers')), undefined, problems)
  for (const { value } of routersBelow(root)) {
    if (value === undefined) continue
    checkLan(value, problems)
    checkDelegated(namedIn(value.get('routers')), delegatedOf(value), problems)
  }
}

function nameTaken(node: Node, name: string, first: Node, problems: Problems): void {
  const { line, path } = first.position()
  const where = line > 0 ? `in line ${line}` : `as ${path}`
  const problem = `there is a node ${quote(name)} already, ${where}`
  problems.add(node.position(), { problem, hint: 'give every node of the lab a name of its own', text: name })
}

function everything(root: Node): Named[] {
  const routers = routersBelow(root)
  const hosts = routers.flatMap(({ value }) => namedIn(value?.get('hosts')))
  return [...namedIn(root.get('servers')), ...routers, ...hosts].toSorted(inOrderOfFile)
}

function inOrderOfFile(a: Named, b: Named): number {
  const [left, right] = [a.key.position(), b.key.position()]
  return left.line - right.line || left.column - right.column
}

function routersBelow(node: Node): Named[] {
  const routers = namedIn(node.get('routers'))
  return routers.flatMap((router) => [router, ...(router.value === undefined ? [] : routersBelow(router.value))])
}

/** A map of them, or a list of their names. */
function namedIn(node: Node | undefined): Named[] {
  if (node === undefined) return []
  const listed = node.items.filter(({ value }) => typeof value === 'string')
  const mapped = [...node.entries].map(([name, { key, value }]) => ({ name, key, value }))
  return [...mapped, ...listed.map((item) => ({ name: String(item.value), key: item, value: undefined }))]
}

function checkLan(router: Node, problems: Problems): void {
  const lan = lanOf(router)
  const taken = lan && INTERNET_IPV4.find((each) => overlap(each, lan.text))
  if (taken !== undefined) onTheInternet(router.get('lan')!, taken, problems)
  const seen = new Map<string, string>()
  for (const { name, value } of namedIn(router.get('hosts'))) {
    const node = value?.get('address')
    const address = addressOf(node)
    if (node === undefined || address === undefined) continue
    const other = seen.get(address.text)
    if (other !== undefined) addressTaken(node, other, problems)
    seen.set(address.text, name)
    if (lan !== undefined && !inPrefix(lan.prefix, address.ip)) outside(node, lan.text, problems)
  }
}

function onTheInternet(node: Node, taken: string, problems: Problems): void {
  const text = String(node.value)
  const hint = 'write one such as 192.168.1.0/24, or leave it out'
  problems.add(node.position(), { problem: `${text} is on the internet, which has ${taken}`, hint, text })
}

function addressTaken(node: Node, other: string, problems: Problems): void {
  const text = String(node.value)
  problems.add(node.position(), {
    problem: `${text} is the address of ${quote(other)} already`,
    hint: 'give each host an address of its own, or leave it out',
    text,
  })
}

function outside(node: Node, lan: string, problems: Problems): void {
  const text = String(node.value)
  const hint = 'write an address of the LAN, or leave it out'
  problems.add(node.position(), { problem: `${text} is not in ${lan}, the LAN of its router`, hint, text })
}

function lanOf(router: Node): { text: string; prefix: ReturnType<typeof parsePrefix> } | undefined {
  const text = router.get('lan')?.value
  return typeof text === 'string' ? valid(() => ({ text, prefix: parsePrefix(text) })) : undefined
}

function addressOf(node: Node | undefined): { text: string; ip: ReturnType<typeof parseIp> } | undefined {
  const text = node?.value
  return typeof text === 'string' ? valid(() => ({ text, ip: parseIp(text) })) : undefined
}

/** What is no address has been reported where it was read. */
function valid<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
