export { formatInternet } from './format.ts'
export { internetJsonSchema } from './internet.ts'
export { loadInternet } from './load.ts'
export { checkInternet, parseInternet, type ReadFile } from './parse.ts'
