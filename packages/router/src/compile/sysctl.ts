/** A kernel setting, by its dotted name. */
export interface Sysctl {
  readonly name: string
  readonly value: string
}

/** A setting as the config needs it. */
export interface WantedSysctl extends Sysctl {
  /** More is as good: a higher number that somebody else has set stays. */
  readonly orMore?: true
}
