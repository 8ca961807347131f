import type { Internet, RouterChildren, RouterOptions } from '../../src/topology/internet.ts'

/** Two houses and a hotel, one of the houses behind its provider's NAT. */
export const hotelInternet: Internet = {
  servers: { stun: {} },
  routers: {
    home: { nat: 'home', lan: '192.168.1.0/24', hosts: { alice: { address: '192.168.1.9' } } },
    isp: {
      nat: 'cgnat',
      addresses: 2,
      routers: {
        flat: {
          nat: { mapping: 'address-dependent' },
          hosts: { carol: { link: { delay: 20, jitter: 5, loss: { burst: 0.02, length: 8 } } } },
        },
      },
    },
    hotel: {
      nat: 'symmetric',
      uplink: { delay: '20ms', loss: 0.01, rate: '50mbit', up: { rate: '5mbit' } },
      hosts: { bob: {} },
    },
  },
}

/** One link about which there is much to say, and many about which there is nothing. */
export const satelliteInternet: Internet = {
  servers: { stun: {}, rendezvous: {} },
  routers: {
    home: { nat: 'home', hosts: { alice: {} } },
    ship: {
      nat: 'home',
      uplink: {
        delay: '300ms',
        jitter: '20ms',
        loss: { burst: 0.05, length: 8 },
        reorder: 0.01,
        duplicate: 0.02,
        rate: '5mbit',
        queue: '200ms',
        mtu: 1400,
        up: { delay: '400ms', rate: '1mbit' },
      },
      hosts: { bob: {} },
    },
  },
}

/** Some fifty nodes with names and links of every length. */
export const bigInternet: Internet = {
  servers: Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`server-${index}`, {}])),
  routers: Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`provider-${index}`, provider(index)])),
}

function provider(index: number): RouterOptions & RouterChildren {
  const link = { delay: `${index + 1}ms`, loss: index / 100, rate: '100mbit' } as const
  const house = (name: string): [string, RouterOptions & RouterChildren] => [
    name,
    {
      nat: index % 2 === 0 ? 'symmetric' : { mapping: 'endpoint-independent', udp: 'blocked' },
      uplink: index > 2 ? { ...link, up: { rate: '1mbit' }, mtu: 1400 } : {},
      lan: '10.1.0.0/16',
      hosts: { [`${name}-laptop`]: {}, [`${'long-'.repeat(index)}${name}-phone`]: { link } },
    },
  ]
  return {
    nat: 'cgnat',
    uplink: link,
    routers: Object.fromEntries([house(`house-${index}-a`), house(`house-${index}-b`)]),
  }
}
