import { errnos } from '@sallyport/linux'

// Error numbers that only nf_tables uses, beside those that @sallyport/linux names.

const numberOf = (name: string): number => errnos[name]![0]

export const ENODATA: number = numberOf('ENODATA')
export const E2BIG: number = numberOf('E2BIG')
export const ENFILE: number = numberOf('ENFILE')
export const EMLINK: number = numberOf('EMLINK')
export const ERANGE: number = numberOf('ERANGE')
export const ELOOP: number = numberOf('ELOOP')
export const EAFNOSUPPORT: number = numberOf('EAFNOSUPPORT')
