import { behaviour } from '../behaviour.ts'
import type { Preset } from '../preset.ts'

/** Endpoint-independent mappings, by the names of RFC 3489 section 5 and of the people who still use them. */

export const fullCone: Preset = {
  name: 'full-cone',
  title: 'endpoint-independent mapping and filtering: whoever knows the external port gets in',
  devices: [
    'RFC 3489 section 5 "full cone"; consoles call it NAT type A or open',
    'MikroTik RouterOS 7, action=endpoint-independent-nat (UDP): https://help.mikrotik.com/docs/display/ROS/NAT',
    'xt_FULLCONENAT: https://github.com/llccd/netfilter-full-cone-nat',
  ],
  behaviour: behaviour({ filtering: 'endpoint-independent' }),
}

export const addressRestricted: Preset = {
  name: 'address-restricted',
  title: 'endpoint-independent mapping; lets in addresses that were written to, from any port',
  devices: ['RFC 3489 section 5 "restricted cone"'],
  behaviour: behaviour({ filtering: 'address-dependent' }),
}

export const portRestricted: Preset = {
  name: 'port-restricted',
  title: 'endpoint-independent mapping; lets in endpoints that were written to',
  devices: ['RFC 3489 section 5 "port restricted cone"'],
  behaviour: behaviour(),
}
