import type { Endpoint, Retransmission } from '../../stun/index.ts'
import type { Credentials } from './session.ts'

/** What is asked of the server. */
export interface Wish {
  /** What peers speak to the relay; default 'udp'. 'tcp' (RFC 6062) needs a stream to the server. */
  readonly relay?: 'udp' | 'tcp'
  /** Of the relayed address; 'both' asks for one of each (RFC 8656 section 5); default: as the server likes. */
  readonly family?: 4 | 6 | 'both'
  /** An even port, and with 'reserve' the next one for who shows the token. */
  readonly evenPort?: boolean | 'reserve'
  /** A token that another allocation was given. */
  readonly reservation?: Uint8Array
  /** Seconds that the relay is to live without a word from us; default: as the server likes, mostly 600. */
  readonly lifetime?: number
  /** Refuse a server that cannot set DF (section 7.1); default false. */
  readonly dontFragment?: boolean
  /** Ask for a ticket, to go on from another address with (RFC 8016); default false. */
  readonly mobility?: boolean
}

/** Which redirections are followed (RFC 8489 section 10). */
export interface Redirects {
  /** Asked about every one; default: all, but from a public server to public ones alone. */
  readonly allows?: (server: Endpoint, domain: string | undefined) => boolean
  /** Also when neither our password nor TLS shows that the server wrote it; default false. */
  readonly unproven?: boolean
}

export interface TurnClientOptions extends Credentials, Wish {
  /** Where the server is. Its answers have to come from there. */
  readonly server: Endpoint
  /** There may be other credentials, when the event `credentials` asks for them; default false. */
  readonly renewable?: boolean
  /** Over streams nothing is repeated, and ChannelData is padded; default 'udp'. */
  readonly transport?: 'udp' | 'tcp' | 'tls'
  /** So many datagrams to a peer within a minute make a channel; 0: never; default 8. */
  readonly channelAfter?: number
  /** A Binding indication after so many seconds of silence, for the NATs on the way; 0: never; default 15 over UDP. */
  readonly keepalive?: number
  readonly redirects?: Redirects
  readonly retransmission?: Retransmission
  /** Bytes that nobody can guess: transaction IDs are what keeps strangers from answering. */
  readonly random: (bytes: number) => Uint8Array
}
