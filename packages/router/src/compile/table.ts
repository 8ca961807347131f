/** The one table that is ours; nothing else in the kernel's ruleset is ever read for change or written. */
export const TABLE = { family: 'inet', name: 'sallyport' } as const
