import type { Attached, Endpoint } from '../stun/index.ts'

/** Steps of a test, in the order in which they are taken: the machine takes them, a test says which ones. */
export type Step =
  | { readonly kind: 'open'; readonly options: OpenOptions }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'knock'; readonly to: Endpoint }
  | { readonly kind: 'pause'; readonly until: number }
  | { readonly kind: 'say'; readonly text: string }

/** A test: yields steps and gets what came of them. */
export type Script<T> = Generator<Step, T, Result>

export interface OpenOptions {
  /** Default: any of this machine. */
  readonly address?: string
  /** Default: a free one. */
  readonly port?: number
  /** Talk to nobody else: such a socket hears that nobody listens there. */
  readonly connect?: Endpoint
}

/** A socket of this machine, by the number that the machine gave it. */
export interface Opened {
  readonly socket: number
  readonly local: Endpoint
}

/** A Binding request, repeated until it is answered or given up. */
export interface Question {
  readonly socket: number
  readonly to: Endpoint
  readonly attributes?: readonly Attached[]
  readonly pace: Pace
}

/** How often, and how long, is asked. */
export interface Pace {
  /** Milliseconds to the first repetition; each following pause is twice as long. */
  readonly rto: number
  /** How often it is sent. */
  readonly attempts: number
  /** How many times `rto` the answer to the last one is waited for. */
  readonly patience: number
}

/** What came of a request. `at`: the number of the socket; `from`: who sent what came. */
export type Outcome =
  | ({
      readonly kind: 'success'
      readonly at: number
      readonly from: Endpoint
      readonly took: number
      readonly now: number
    } & Told)
  | { readonly kind: 'error'; readonly code: number }
  /** The request itself came back, to one of our sockets. */
  | { readonly kind: 'looped'; readonly at: number; readonly from: Endpoint }
  /** The network says that it does not get there, or nobody is there. */
  | { readonly kind: 'refused'; readonly why: 'no listener' | 'forbidden' }
  | { readonly kind: 'silence' }

/** What an answer says. */
export interface Told {
  /** Where the request came from. */
  readonly mapped: Endpoint
  /** OTHER-ADDRESS. */
  readonly other: Endpoint | undefined
  /** What MAPPED-ADDRESS says, where that is something else: somebody on the way changed it. */
  readonly rewritten: Endpoint | undefined
}

/** What a host makes of a TCP connection to it. */
export type Knocked = 'accepted' | 'refused' | 'silence'

/** What a step gives; `now`: when. */
export interface Result {
  readonly now: number
  readonly opened?: Opened | undefined
  readonly outcome?: Outcome
  readonly knocked?: Knocked
}

/** Undefined when the socket could not be opened: an address that is not here, or a port that is taken. */
export function* open(options: OpenOptions = {}): Script<Opened | undefined> {
  return (yield { kind: 'open', options }).opened
}

export function* ask(question: Question): Script<Outcome> {
  return (yield { kind: 'ask', question }).outcome ?? { kind: 'silence' }
}

/** Tries a TCP connection, and ends it at once. */
export function* knock(to: Endpoint): Script<Knocked> {
  return (yield { kind: 'knock', to }).knocked ?? 'silence'
}

/** Returns the time at the end. */
export function* pauseUntil(until: number): Script<number> {
  return (yield { kind: 'pause', until }).now
}

/** What happens, for people who wait. Returns the time. */
export function* say(text: string): Script<number> {
  return (yield { kind: 'say', text }).now
}
