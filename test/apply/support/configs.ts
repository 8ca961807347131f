/** One config of each kind that makes another ruleset. All are for the router of the house. */
const lan = 'lan: { eth1: 192.168.1.1/24 }'
const hosts = 'hosts: { alice: 192.168.1.100, bob: 192.168.1.101 }'
const plain = `wan: eth0\n${lan}\n${hosts}\n`
const cone = 'mapping: endpoint-independent, filtering: endpoint-independent'

export const configs: Readonly<Record<string, string>> = {
  'nothing but the interfaces': `wan: eth0\n${lan}\n`,
  'full cone for udp': `${plain}nat: { ${cone}, protocols: [udp], limit: none }\n`,
  'full cone for both protocols, other times': `${plain}nat: { ${cone}, protocols: [udp, tcp], timeout: 30s, takeover: 10s, limit: none }\n`,
  'a limit for each listed host': `${plain}nat: { ${cone}, protocols: [udp], hosts: [alice, bob], limit: 16 }\n`,
  'a smaller limit, for one host': `${plain}nat: { ${cone}, protocols: [tcp, udp], hosts: [bob], limit: 4, timeout: 2m }\n`,
  'a limit for a whole small LAN': `wan: eth0\nlan: { eth1: 192.168.1.1/28 }\nnat: { ${cone}, limit: 8 }\n`,
  'listed hosts without a limit': `${plain}nat: { ${cone}, hosts: [alice], limit: none }\n`,
  'nobody may open ports': `${plain}nat: { ${cone}, hosts: [], limit: none }\n`,
  'filtering by address': `${plain}nat: { mapping: endpoint-independent, filtering: address-dependent, protocols: [udp, tcp], limit: none }\n`,
  'filtering by address and port': `${plain}nat: { mapping: endpoint-independent, filtering: address-and-port-dependent, limit: none }\n`,
  'mapping by address and port': `${plain}nat: { mapping: address-and-port-dependent, filtering: address-and-port-dependent }\n`,
  'IPv6 in the LAN': `wan: eth0\nlan: { eth1: [192.168.1.1/24, '2001:db8:1::1/64'] }\nallow: [lan -> wan, lan -> router: [icmp, tcp/22]]\n`,
  'several WANs and LANs': `wan: [eth0, ppp0]\nlan: { eth1: 192.168.1.1/24, eth2: 192.168.2.1/24 }\nallow: [lan -> wan, lan -> lan: [tcp/80, icmp], lan -> router]\n`,
  forwards: `${plain}forwards: [tcp/6881 -> alice, 'tcp/1000 -> alice:2345', udp/30000-30100 -> bob]\n`,
  'shifted ranges and owned ports': `${plain.replace('bob: 192.168.1.101', 'bob: { address: 192.168.1.101, owns: [udp/45000-45010] }')}forwards: ['udp/30000-30020 -> alice:40000-40020', udp/30021-30100 -> alice]\nnat: { ${cone}, reserved: [udp/0-1024, udp/5353], limit: none }\n`,
  'nothing is allowed': `${plain}allow: []\n`,
  'a few services': `${plain}allow: [lan -> wan: [tcp/80, tcp/443, udp/53], lan -> router: [tcp/22], wan -> router: [tcp/22, tcp/8000-8010, icmp]]\n`,
}
