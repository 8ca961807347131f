import { behaviour } from '../behaviour.ts'
import type { Preset } from '../preset.ts'

/** Mappings of their own for every destination. */

export const symmetric: Preset = {
  name: 'symmetric',
  title: 'another random port for every destination; lets in endpoints that were written to',
  devices: [
    'RFC 3489 section 5 "symmetric"',
    'pfSense as it comes, without Static Port: https://tailscale.com/kb/1146/pfsense',
  ],
  behaviour: behaviour({ mapping: 'address-and-port-dependent', ports: 'random', hairpin: 'none' }),
}

export const cloud: Preset = {
  name: 'cloud',
  title: 'a NAT gateway of a cloud: symmetric, and silent flows end after 350 s',
  devices: [
    'AWS NAT gateway, ports shared by destination: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html',
    '350 s: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html',
    'Azure NAT gateway, any port at random: https://learn.microsoft.com/azure/nat-gateway/nat-gateway-resource',
  ],
  behaviour: behaviour({
    mapping: 'address-and-port-dependent',
    ports: 'random',
    overloading: true,
    hairpin: 'none',
    timeouts: { udp: 350, udpStream: 350, tcpEstablished: 350, tcpTransitory: 350, icmp: 350 },
  }),
}

export const corporate: Preset = {
  name: 'corporate',
  title: 'a firewall of a company: no UDP at all, symmetric for TCP',
  devices: [
    'company networks that let web traffic out and little else; corporate in https://github.com/n0-computer/patchbay',
  ],
  behaviour: behaviour({
    udp: 'blocked',
    mapping: 'address-and-port-dependent',
    ports: 'random',
    hairpin: 'none',
  }),
}
