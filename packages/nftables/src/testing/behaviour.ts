/** What differs between kernels, and what a test wants to see go wrong. All optional in {@link MemoryKernelOptions}. */
export interface Behaviour {
  /** BATCH_BEGIN and BATCH_END are acknowledged when they ask for it: Linux 6.10. */
  readonly acknowledgesFrame: boolean
  /** NFT_MSG_DESTROY*: Linux 6.3. */
  readonly destroy: boolean
  /** Adding an existing element changes its timeout: Linux 6.12. */
  readonly refreshesElements: boolean
  /** Jumps in a circle are ELOOP at the rule that closes it, before Linux 6.11. From then on they are only too many levels: EMLINK. */
  readonly findsLoops: boolean
  /** Adding an existing set of another kind is refused: Linux 6.2. */
  readonly comparesSets: boolean
  /** Rules must not read registers that they have not written: Linux 6.12. */
  readonly tracksRegisters: boolean
  /** Changes of elements that follow each other become one, with the flags of the first: Linux 6.14. */
  readonly mergesElements: boolean
  /** Sets tell their implementation and how many elements they have: Linux 6.17. */
  readonly countsElements: boolean
  /** Answers say where the fault lies (NETLINK_EXT_ACK). */
  readonly extendedAcks: boolean
  /** Acknowledgements come twice, as after the kernel loaded a module in the middle of a batch. */
  readonly duplicateAcks: boolean
  /** Nothing is allowed: EPERM to all, to a batch at its BATCH_BEGIN. */
  readonly denied: boolean
  /** Most bytes in one datagram of answers: a dump comes in that many pieces. */
  readonly datagramSize: number
}

/** `[6, 18]` for '6.18'. */
export function parseVersion(version: string): readonly [number, number] {
  const found = /^(\d+)\.(\d+)/.exec(version)
  if (found === null) throw new TypeError(`'${version}' is no version of Linux such as '6.1'`)
  return [Number(found[1]), Number(found[2])]
}

/** What Linux of this version does. */
export function behaviourOf(version: string): Behaviour {
  const [major, minor] = parseVersion(version)
  const since = (wanted: number): boolean => major > 6 || (major === 6 && minor >= wanted)
  return {
    acknowledgesFrame: since(10),
    destroy: since(3),
    refreshesElements: since(12),
    findsLoops: !since(11),
    tracksRegisters: since(12),
    mergesElements: since(14),
    countsElements: since(17),
    comparesSets: since(2),
    extendedAcks: true,
    duplicateAcks: false,
    denied: false,
    datagramSize: 32768,
  }
}
