import {
  type Ack,
  type Connection,
  EOPNOTSUPP,
  EPERM,
  ERESTART,
  errnoMeaning,
  errnoName,
  type Message,
  NLMSG_HDRLEN,
} from '@sallyport/linux'
import { nlmsgType, readGeneration } from '../messages/index.ts'
import type { Batch } from './batch.ts'
import { describe } from './describe.ts'
import { type Failure, GenerationChanged, TransactionError } from './error.ts'
import { type Answers, exchange } from './exchange.ts'
import { currentGeneration } from './generation.ts'
import { hintFor } from './hint.ts'
import type { BatchMessage, Operation } from './operation.ts'
import { NftablesUnavailable } from './unavailable.ts'

export interface CommitOptions {
  /** Commit only if the ruleset is still at this generation; else {@link GenerationChanged}. */
  readonly generation?: number | undefined
}

/** A message that the kernel sent back, and the operation that it came of. */
export interface Echo {
  readonly operation: Operation
  readonly message: Message
}

export interface Sent {
  /** The one that the batch made: the one to give with the next batch. */
  readonly generation: number
  /** Of the operations that were to be echoed, in their order. */
  readonly echoes: readonly Echo[]
}

/** As {@link send}; returns the generation alone. */
export function commit(connection: Connection, batch: Batch, options: CommitOptions = {}): number {
  return send(connection, batch, options).generation
}

/**
 * As {@link commit}, without asking which generation it made: for many small batches, where the answer costs about as
 * much as the change.
 */
export function commitQuietly(connection: Connection, batch: Batch, { generation }: CommitOptions = {}): void {
  if (batch.size === 0) return
  const first = connection.sequences(batch.size + 2)
  const answers = exchange(connection, batch.encode(first, generation), first, first + batch.size + 1)
  check(answers, batch, first, generation)
  if (answers.lost) throw tooMany()
}

/**
 * Sends a batch, once. An empty one is not sent. Throws {@link TransactionError} with every refused operation,
 * {@link GenerationChanged}, {@link NftablesUnavailable}, or NetlinkError EMSGSIZE when the send buffer may not become
 * large enough.
 */
export function send(connection: Connection, batch: Batch, { generation }: CommitOptions = {}): Sent {
  if (batch.size === 0) return { generation: generation ?? currentGeneration(connection), echoes: [] }
  const first = connection.sequences(batch.size + 2)
  const answers = exchange(connection, batch.encode(first, generation, { echo: true }), first, first + batch.size + 1)
  check(answers, batch, first, generation)
  if (answers.lost && answers.echoes.length === 0) throw tooMany()
  const made = madeGeneration(answers.echoes) ?? generationAfter(generation, currentGeneration(connection))
  return { generation: made, echoes: echoesOf(answers.echoes, batch, first) }
}

/** Throws what the kernel refused. */
export function check({ errors }: Answers, batch: Batch, first: number, generation: number | undefined): void {
  const refused = errors.find(({ sequence }) => sequence === first || sequence === first + batch.size + 1)
  if (refused !== undefined) throw refusedWhole(refused, generation)
  if (errors.length > 0) throw new TransactionError(failuresOf(errors, batch, first))
}

export function tooMany(): TransactionError {
  return new TransactionError(
    [],
    'nothing of what the kernel answered to the batch found room in the receive buffer, so whether it was committed ' +
      'cannot be told: read what is there; a larger one is given with connect({ receiveBuffer })',
  )
}

/** NFT_MSG_NEWGEN comes last, with the echoes. */
function madeGeneration(echoes: readonly Message[]): number | undefined {
  const message = echoes.findLast(({ type }) => type === nlmsgType('newgen'))
  return message && readGeneration(message.body).id
}

/**
 * Ours is the one behind the expected one. When others have committed since, the current one is theirs, and going on
 * from that would overlook them. A batch that only adds what exists makes no generation.
 */
function generationAfter(expected: number | undefined, current: number): number {
  if (expected === undefined || current === expected) return current
  return expected === 0xffffffff ? 1 : expected + 1 // nft_base_seq skips 0
}

function echoesOf(messages: readonly Message[], batch: Batch, first: number): Echo[] {
  return messages.flatMap((message) => {
    const operation = batch.messages[message.sequence - first - 1]?.operation
    return operation?.echo && message.type !== nlmsgType('newgen') ? [{ operation, message }] : []
  })
}

/** The kernel's answer to BATCH_BEGIN is about the whole batch. */
function refusedWhole(ack: Ack, generation: number | undefined): Error {
  if (ack.errno === ERESTART && generation !== undefined) return new GenerationChanged(generation)
  if (ack.errno === EPERM || ack.errno === EOPNOTSUPP) return new NftablesUnavailable(ack.errno)
  return new TransactionError([], `the batch: ${errnoName(ack.errno)}: ${ack.message ?? errnoMeaning(ack.errno)}`)
}

function failuresOf(errors: readonly Ack[], batch: Batch, first: number): Failure[] {
  const indices = new Map(batch.operations.map((operation, index) => [operation, index]))
  return errors.flatMap((ack) => {
    const message = batch.messages[ack.sequence - first - 1]
    return message === undefined ? [] : [failureOf(ack, message, indices.get(message.operation)!)]
  })
}

function failureOf(ack: Ack, message: BatchMessage, index: number): Failure {
  const code = errnoName(ack.errno)
  const offset = (ack.offset ?? ack.missingNest ?? 0) - NLMSG_HDRLEN
  const path = offset < 0 ? [] : message.pathAt(message.body, offset)
  const hint = ack.errno === EPERM ? undefined : hintFor(code, path, message)
  const source = message.operation.origin?.place
  return {
    index,
    operation: message.operation,
    message: message.name,
    object: describe(message.operation),
    errno: ack.errno,
    code,
    ...(path.length > 0 && { attribute: path.join('.') }),
    ...(ack.message !== undefined && { detail: ack.message }),
    ...(hint !== undefined && { hint }),
    ...(source !== undefined && { source }),
  }
}
