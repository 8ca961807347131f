/** What protects a message, in the order in which it may stand there (RFC 8489 sections 14.5 to 14.7). */
export const MESSAGE_INTEGRITY = 0x0008
export const MESSAGE_INTEGRITY_SHA256 = 0x001c
export const FINGERPRINT = 0x8028
