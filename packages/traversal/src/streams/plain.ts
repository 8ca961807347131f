import { canonical } from '../filter/index.ts'

/** An address as Node shows it, in the form that the filter compares: without the interface of a link-local one. */
export function plain(address: string): string {
  const [bare = address] = address.split('%')
  return canonical(bare)
}
