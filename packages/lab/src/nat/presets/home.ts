import { behaviour } from '../behaviour.ts'
import type { Preset } from '../preset.ts'

export const home: Preset = {
  name: 'home',
  title: 'what most home routers are: one port for all destinations, answers get in',
  devices: [
    'the "easy NAT" of https://tailscale.com/blog/how-nat-traversal-works',
    'Home of https://github.com/n0-computer/patchbay',
    'timeouts of OpenWrt: https://github.com/openwrt/openwrt, package/kernel/linux/files/sysctl-nf-conntrack.conf',
  ],
  behaviour: behaviour({ timeouts: { udp: 60, udpStream: 180, tcpTransitory: 240 } }),
}

export const udpBlocked: Preset = {
  name: 'udp-blocked',
  title: 'a home router behind which UDP goes nowhere',
  devices: ['guest networks of hotels and companies'],
  behaviour: behaviour({ udp: 'blocked' }),
}

export const cgnat: Preset = {
  name: 'cgnat',
  title: 'carrier-grade NAT as RFC 6888 wants it: endpoint-independent, a subscriber keeps one address of the pool',
  devices: ['RFC 6888: REQ-1 (as RFC 4787), REQ-2 (paired pooling), REQ-7 (endpoint-independent filtering)'],
  behaviour: behaviour({ filtering: 'endpoint-independent', ports: { range: [1024, 65535] }, pooling: 'paired' }),
}
