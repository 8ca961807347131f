import { type Header, header } from './header.ts'

const echo = { icmpTypes: [8, 0] } // echo-request, echo-reply

/** RFC 792 */
export const icmp: Header<{
  type: 'icmp_type'
  code: 'icmp_code'
  checksum: 'integer16'
  id: 'integer16'
  sequence: 'integer16'
  gateway: 'integer32'
  mtu: 'integer16'
}> = header('icmp', 'transport', {
  type: ['icmp_type', 0, 8, 1],
  code: ['icmp_code', 8, 8, 2],
  checksum: ['integer16', 16, 16, 3],
  id: ['integer16', 32, 16, 4, echo],
  sequence: ['integer16', 48, 16, 5, echo],
  gateway: ['integer32', 32, 32, 6, { icmpTypes: [5] }],
  mtu: ['integer16', 48, 16, 7, { icmpTypes: [3] }],
})

const echo6 = { icmpTypes: [128, 129] }

/** RFC 4443 */
export const icmpv6: Header<{
  type: 'icmpv6_type'
  code: 'icmpv6_code'
  checksum: 'integer16'
  parameterProblem: 'integer32'
  mtu: 'integer32'
  id: 'integer16'
  sequence: 'integer16'
  maxDelay: 'integer16'
}> = header('icmpv6', 'transport', {
  type: ['icmpv6_type', 0, 8, 1],
  code: ['icmpv6_code', 8, 8, 2],
  checksum: ['integer16', 16, 16, 3],
  parameterProblem: ['integer32', 32, 32, 4, { word: 'parameter-problem', icmpTypes: [4] }],
  mtu: ['integer32', 32, 32, 5, { icmpTypes: [2] }],
  id: ['integer16', 32, 16, 6, echo6],
  sequence: ['integer16', 48, 16, 7, echo6],
  maxDelay: ['integer16', 32, 16, 8, { word: 'max-delay', icmpTypes: [130] }],
})

/** RFC 2236 */
export const igmp: Header<{ type: 'igmp_type'; mrt: 'integer8'; checksum: 'integer16'; group: 'integer32' }> = header(
  'igmp',
  'transport',
  {
    type: ['igmp_type', 0, 8, 1],
    mrt: ['integer8', 8, 8, 3],
    checksum: ['integer16', 16, 16, 2],
    group: ['integer32', 32, 32, 4],
  },
)
