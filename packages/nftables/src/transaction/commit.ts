import {
  type Ack,
  type Connection,
  ENOBUFS,
  EOPNOTSUPP,
  EPERM,
  ERESTART,
  errnoMeaning,
  errnoName,
  NLMSG_HDRLEN,
  SystemError,
} from '@sallyport/linux'
import type { Batch } from './batch.ts'
import { describe } from './describe.ts'
import { type Failure, GenerationChanged, TransactionError } from './error.ts'
import { currentGeneration } from './generation.ts'
import { hintFor } from './hint.ts'
import type { BatchMessage } from './operation.ts'
import { NftablesUnavailable } from './unavailable.ts'

export interface CommitOptions {
  /** Commit only if the ruleset is still at this generation; else {@link GenerationChanged}. */
  readonly generation?: number | undefined
}

/**
 * Sends a batch, once, and returns the generation that it made: the one to give with the next batch. An empty one
 * is not sent. Throws {@link TransactionError} with every refused operation, {@link GenerationChanged},
 * {@link NftablesUnavailable}, or NetlinkError EMSGSIZE when the send buffer may not become large enough.
 */
export function commit(connection: Connection, batch: Batch, { generation }: CommitOptions = {}): number {
  if (batch.size === 0) return generation ?? currentGeneration(connection)
  const first = connection.sequences(batch.size + 2)
  const errors = send(connection, batch.encode(first, generation))
  const refused = errors.find(({ sequence }) => sequence === first || sequence === first + batch.size + 1)
  if (refused !== undefined) throw refusedWhole(refused, generation)
  if (errors.length > 0) throw new TransactionError(failuresOf(errors, batch, first))
  return generationAfter(generation, currentGeneration(connection))
}

/** No ACKs are asked for, so that all that comes back are refusals; an answer to BATCH_END (Linux 6.10) is none. */
function send(connection: Connection, datagram: Uint8Array): readonly Ack[] {
  try {
    return connection.exchange(datagram).errors
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== ENOBUFS) throw error
    throw new TransactionError([], 'the kernel refused the batch, with more errors than the receive buffer holds')
  }
}

/**
 * Ours is the one behind the expected one. When others have committed since, the current one is theirs, and going on
 * from that would overlook them. A batch that only adds what exists makes no generation.
 */
function generationAfter(expected: number | undefined, current: number): number {
  if (expected === undefined || current === expected) return current
  return expected === 0xffffffff ? 1 : expected + 1 // nft_base_seq skips 0
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
  }
}
