import { behaviour } from '../behaviour.ts'
import type { Preset } from '../preset.ts'
import { conntrackWords } from './common.ts'
import { portTriggering as rules } from './port-triggering.ts'

export const triggering: Preset = {
  name: 'port-triggering',
  title: 'masquerade, and UDP to a port goes to the first host that has sent from it',
  devices: ['"Port Triggering with Linux nftables" (2021)'],
  behaviour: behaviour({
    ...conntrackWords,
    unsolicited: 'remember',
    udp: { filtering: 'endpoint-independent' },
  }),
  rules: ({ wan, inside }) => rules({ wan, inside: inside[0]! }),
}
