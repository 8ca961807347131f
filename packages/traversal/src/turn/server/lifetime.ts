import { lifetime, type Message } from '../../stun/index.ts'
import type { Limits } from './options.ts'

/**
 * Seconds that an allocation gets (RFC 8656 section 7.2): what was asked for, but not less than the default and not
 * more than the most. 0 stays 0: it means the end.
 */
export function lifetimeOf(message: Message, { defaultLifetime, maxLifetime }: Limits): number {
  const asked = message.get(lifetime)
  if (asked === 0) return 0
  return Math.min(Math.max(asked ?? defaultLifetime, defaultLifetime), maxLifetime)
}
