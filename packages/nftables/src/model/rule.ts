import { ModelError } from './error.ts'
import { checkComment } from './identifier.ts'
import type { Statement } from './statement.ts'

/** Stands anywhere in a rule and is stored beside it. */
export interface Comment {
  readonly comment: string
}

export function comment(text: string): Comment {
  checkComment(text)
  return { comment: text }
}

export interface Rule {
  readonly statements: readonly Statement[]
  readonly comment?: string
}

/** Statements and perhaps a comment → a rule. Refuses what can never be reached and what nft cannot read back. */
export function rule(...parts: readonly (Statement | Comment)[]): Rule {
  const statements = parts.filter((part) => 'statement' in part)
  const comments = parts.filter((part) => 'comment' in part && !('statement' in part)) as Comment[]
  if (statements.length === 0) throw new ModelError('a rule without statements')
  if (comments.length > 1) throw new ModelError('a rule with two comments')
  const ending = statements.findIndex(ends)
  if (ending !== -1 && ending < statements.length - 1) {
    throw new ModelError(`statement ${ending + 2} is never reached`, 'nothing can follow a verdict, reject or NAT')
  }
  return { statements, ...(comments[0] !== undefined && { comment: comments[0].comment }) }
}

function ends(statement: Statement): boolean {
  return ['verdict', 'reject', 'nat', 'masquerade', 'redirect', 'queue', 'synproxy', 'fwd'].includes(
    statement.statement,
  )
}
