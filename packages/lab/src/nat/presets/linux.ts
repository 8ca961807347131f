import { behaviour } from '../behaviour.ts'
import type { Preset } from '../preset.ts'
import { conntrackWords, everyFlow } from './common.ts'
import { dropping, masquerade, symmetric } from './plain.ts'

export const linux: Preset = {
  name: 'linux',
  title: 'masquerade and nothing else: probes are remembered, and hosts share ports',
  devices: [
    'iptables -t nat -A POSTROUTING -j MASQUERADE, and the first answer of every tutorial',
    'the router of https://github.com/libp2p/test-plans (hole punching)',
  ],
  behaviour: behaviour({ ...conntrackWords, unsolicited: 'remember' }),
  rules: ({ wan }) => masquerade(wan),
  rulesDependOn: ['wan'],
}

export const linuxRandom: Preset = {
  name: 'linux-random',
  title: 'masquerade random: another port for every destination; probes are remembered',
  devices: ['iptables -t nat -A POSTROUTING -j MASQUERADE --random (iptables-extensions(8))'],
  behaviour: behaviour({ ...conntrackWords, ...everyFlow, unsolicited: 'remember' }),
  rules: ({ wan }) => symmetric(wan),
  rulesDependOn: ['wan'],
}

export const linuxDropping: Preset = {
  name: 'linux-dropping',
  title: 'masquerade behind a firewall that drops what comes unsolicited to the router itself',
  devices: ['OpenWrt and other firmware for home routers: masquerade, and input from the WAN is dropped or rejected'],
  behaviour: behaviour(conntrackWords),
  rules: ({ wan }) => dropping(masquerade(wan), wan),
  rulesDependOn: ['wan'],
}
