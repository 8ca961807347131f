import type { Route } from '@sallyport/linux'
import { type Config, ConfigError, ConfigErrors, formatPosition, type Interface } from '../config/index.ts'

/** Throws ConfigErrors when an interface that the config names does not exist; returns what is merely odd. */
export function checkInterfaces(config: Config, route: Route): string[] {
  const names = route.links().map((link) => link.name)
  const missing = [...config.wan, ...config.lan].filter(({ name }) => !names.includes(name))
  if (missing.length > 0) throw new ConfigErrors(missing.map((one) => noSuchInterface(one, names)))
  return missingAddresses(config, route)
}

function noSuchInterface({ name, position }: Interface, names: readonly string[]): ConfigError {
  return new ConfigError(position, {
    problem: `there is no interface "${name}"`,
    hint: `this machine has ${names.join(', ')}`,
    text: name,
  })
}

/** Addresses are somebody else's to set (networkd, ifupdown, dhcpcd); that one is missing is worth a word. */
function missingAddresses(config: Config, route: Route): string[] {
  const present = new Set(route.addresses().map(({ link, address }) => `${link} ${address}`))
  return config.lan.flatMap((lan) =>
    lan.addresses
      .filter(({ address, prefix }) => !present.has(`${lan.name} ${address}/${prefix}`))
      .map(
        ({ address, prefix, position }) =>
          `${formatPosition(position)}: ${lan.name} does not have the address ${address}/${prefix} yet`,
      ),
  )
}
