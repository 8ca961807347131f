import { type Header, header } from './header.ts'

/** RFC 9293 section 3.1; without its flags, which are no number: see `tcp.flags`. */
export const tcpFields: Header<{
  sport: 'inet_service'
  dport: 'inet_service'
  sequence: 'integer32'
  ackseq: 'integer32'
  doff: 'integer8'
  reserved: 'integer8'
  window: 'integer16'
  checksum: 'integer16'
  urgptr: 'integer16'
}> = header('tcp', 'transport', {
  sport: ['inet_service', 0, 16, 1],
  dport: ['inet_service', 16, 16, 2],
  sequence: ['integer32', 32, 32, 3],
  ackseq: ['integer32', 64, 32, 4],
  doff: ['integer8', 96, 4, 5],
  reserved: ['integer8', 100, 4, 6],
  window: ['integer16', 112, 16, 8],
  checksum: ['integer16', 128, 16, 9],
  urgptr: ['integer16', 144, 16, 10],
})

/** UDP header (RFC 768). */
export const udp: Header<{
  sport: 'inet_service'
  dport: 'inet_service'
  length: 'integer16'
  checksum: 'integer16'
}> = header('udp', 'transport', {
  sport: ['inet_service', 0, 16, 1],
  dport: ['inet_service', 16, 16, 2],
  length: ['integer16', 32, 16, 3],
  checksum: ['integer16', 48, 16, 4],
})

/** RFC 3828 section 3.1 */
export const udplite: Header<{
  sport: 'inet_service'
  dport: 'inet_service'
  csumcov: 'integer16'
  checksum: 'integer16'
}> = header('udplite', 'transport', {
  sport: ['inet_service', 0, 16, 1],
  dport: ['inet_service', 16, 16, 2],
  csumcov: ['integer16', 32, 16, 3],
  checksum: ['integer16', 48, 16, 4],
})

/** Common header of SCTP (RFC 9260 section 3.1). */
export const sctp: Header<{
  sport: 'inet_service'
  dport: 'inet_service'
  vtag: 'integer32'
  checksum: 'integer32'
}> = header('sctp', 'transport', {
  sport: ['inet_service', 0, 16, 1],
  dport: ['inet_service', 16, 16, 2],
  vtag: ['integer32', 32, 32, 3],
  checksum: ['integer32', 64, 32, 4],
})

/** RFC 4340 section 5.1 */
export const dccp: Header<{ sport: 'inet_service'; dport: 'inet_service'; type: 'dccp_pkttype' }> = header(
  'dccp',
  'transport',
  {
    sport: ['inet_service', 0, 16, 1],
    dport: ['inet_service', 16, 16, 2],
    type: ['dccp_pkttype', 67, 4, 3],
  },
)

/** The ports of whatever transport protocol it is; say which with `meta.l4proto` first. */
export const th: Header<{ sport: 'inet_service'; dport: 'inet_service' }> = header('th', 'transport', {
  sport: ['inet_service', 0, 16, 1],
  dport: ['inet_service', 16, 16, 2],
})

/** Authentication header (RFC 4302 section 2). */
export const ah: Header<{
  nexthdr: 'inet_proto'
  hdrlength: 'integer8'
  reserved: 'integer16'
  spi: 'integer32'
  sequence: 'integer32'
}> = header('ah', 'transport', {
  nexthdr: ['inet_proto', 0, 8, 1],
  hdrlength: ['integer8', 8, 8, 2],
  reserved: ['integer16', 16, 16, 3],
  spi: ['integer32', 32, 32, 4],
  sequence: ['integer32', 64, 32, 5],
})

/** Encapsulating security payload (RFC 4303 section 2). */
export const esp: Header<{ spi: 'integer32'; sequence: 'integer32' }> = header('esp', 'transport', {
  spi: ['integer32', 0, 32, 1],
  sequence: ['integer32', 32, 32, 2],
})

/** IP payload compression (RFC 3173 section 3). */
export const comp: Header<{ nexthdr: 'inet_proto'; flags: 'bitmask8'; cpi: 'integer16' }> = header(
  'comp',
  'transport',
  {
    nexthdr: ['inet_proto', 0, 8, 1],
    flags: ['bitmask8', 8, 8, 2],
    cpi: ['integer16', 16, 16, 3],
  },
)
