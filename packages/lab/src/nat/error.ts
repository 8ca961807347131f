/** A name that no preset has. */
export class NoSuchPreset extends Error {
  override readonly name = 'NoSuchPreset'

  constructor(wanted: string, known: readonly string[]) {
    super(`there is no NAT preset '${wanted}'; known: ${known.join(', ')}`)
  }
}

/** Rules that could not be put into a router: which, and what refused them. */
export class NatError extends Error {
  override readonly name = 'NatError'
}
