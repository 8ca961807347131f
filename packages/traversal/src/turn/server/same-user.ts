import type { User } from '../../stun/index.ts'

/** Who somebody is, whatever name they come with. */
export type Identity = Pick<User, 'name' | 'owner'>

/**
 * Whether what the one has belongs to the other, too. RFC 8656 section 5 wants the name that an allocation was made with,
 * so that nobody takes over somebody else's (441). A name with a time is another one each time that it is given out, to the
 * same user: there, who is named behind the time counts.
 */
export function isSameUser(one: Identity, other: Identity): boolean {
  if (one.name === other.name) return true
  return one.owner !== undefined && one.owner === other.owner
}

/** What of a user can be passed on to another thread. */
export function identityOf({ name, owner }: Identity): Identity {
  return owner === undefined ? { name } : { name, owner }
}

/** Under which name a user is counted. */
export function ownerOf({ name, owner = name }: Identity): string {
  return owner
}
