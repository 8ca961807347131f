/** A name that no preset has. */
export class NoSuchPreset extends Error {
  override readonly name = 'NoSuchPreset'

  constructor(wanted: string, known: readonly string[]) {
    super(`there is no NAT preset '${wanted}'; known: ${known.join(', ')}`)
  }
}

/** A NAT that cannot be: a word that is none, or rules that were refused, which, and by what. */
export class NatError extends Error {
  override readonly name = 'NatError'
}
