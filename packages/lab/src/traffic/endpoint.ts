import type { Endpoint } from '@sallyport/linux'

export type { Endpoint }

/** '203.0.113.1:40000', '[2001:db8::1]:40000'. */
export function printEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The reverse of {@link printEndpoint}; throws a RangeError that shows the text. */
export function parseEndpoint(text: string): Endpoint {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const address = found?.[1] ?? found?.[2]
  const port = Number(found?.[3])
  if (address === undefined || port > 65535) throw new RangeError(`not an endpoint: '${text}'; write ADDRESS:PORT`)
  return { address, port }
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port
}
