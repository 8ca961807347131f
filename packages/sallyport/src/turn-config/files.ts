import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError, ConfigErrors } from '@sallyport/router'
import type { Problems } from '@sallyport/router/document'
import { type Certificate, textProblem, type UserEntry } from '@sallyport/traversal/service'
import type { CertificateFiles, Placed } from './draft.ts'
import { EXAMPLES, type Kind } from './read-draft.ts'

/** The files that a config names. What is wrong with one is told where it is named, or where it is wrong. */

/** Users of a file: `name:password` in each line; empty lines and those that begin with # count for nothing. */
export function readUsers(file: Placed<string>, problems: Problems): UserEntry[] {
  const text = readNamed(file, problems)
  const names = new Set<string>()
  return (text ?? '').split('\n').flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line)) return []
    const colon = line.indexOf(':')
    const [name, password] = [line.slice(0, colon), line.slice(colon + 1).replace(/\r$/, '')]
    const problem = complaint(colon, name, password) ?? (names.has(name) ? TWICE : undefined)
    names.add(name)
    if (problem === undefined) return [{ name, password }]
    const position = { file: file.value, line: index + 1, column: colon > 0 ? colon + 2 : 1, path: '' }
    const hint = problem === TWICE ? 'keep one of them' : 'write name:password' // and not what is there
    problems.add(position, { problem, hint })
    return []
  })
}

function complaint(colon: number, name: string, password: string): string | undefined {
  if (colon < 0) return 'a line without a colon'
  if (colon === 0) return 'a user has no name'
  if (password === '') return 'a user has no password'
  if (`${name}${password}`.includes(NO_UTF8)) return 'a line that is not UTF-8'
  return textProblem(name) ?? textProblem(password)
}

const TWICE = 'a second line of one user'
/** What stands for bytes that are no UTF-8, once they are text. */
const NO_UTF8 = '\uFFFD'

/** Secrets of a file, one in each line. */
export function readSecrets(file: Placed<string>, problems: Problems): string[] {
  const lines = (readNamed(file, problems) ?? '').split(/\r?\n/).map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

/** Certificate and key, if they are what they should be and belong together. */
export function readCertificate(
  { value, node }: Placed<CertificateFiles>,
  problems: Problems,
): Certificate | undefined {
  const place = (key: 'cert' | 'key'): Placed<string> => ({ value: value[key], node: node.get(key) ?? node })
  const cert = readNamed(place('cert'), problems)
  const key = readNamed(place('key'), problems)
  if (cert === undefined || key === undefined) return undefined
  const certificate = tried(() => new X509Certificate(cert))
  const secret = tried(() => createPrivateKey(key))
  if (certificate === undefined) bad(place('cert'), 'does not hold a certificate', CERTIFICATE, problems)
  if (secret === undefined) bad(place('key'), 'does not hold a private key without a passphrase', KEY, problems)
  if (certificate === undefined || secret === undefined) return undefined
  if (!certificate.checkPrivateKey(secret)) return notThatKey(place('key'), value.cert, problems)
  const chain = cert.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (chain.every((each) => tried(() => new X509Certificate(each)) !== undefined)) return { cert, key }
  return bad(place('cert'), 'holds a certificate after the first that cannot be read', CERTIFICATE, problems)
}

function notThatKey(key: Placed<string>, cert: string, problems: Problems): undefined {
  return bad(key, `is not the key of the certificate in ${cert}`, KEY, problems)
}

const CERTIFICATE = 'name a file in PEM form: -----BEGIN CERTIFICATE-----'
const KEY = 'name the PEM file of the key that the certificate was made for'

function tried<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function bad({ value, node }: Placed<string>, what: string, hint: string, problems: Problems): undefined {
  problems.add(node.position(), { problem: `${value} ${what}`, hint, text: value })
}

function readNamed({ value, node }: Placed<string>, problems: Problems): string | undefined {
  try {
    return readFileSync(value, 'utf8')
  } catch (error) {
    problems.add(node.position(), { problem: `${value} cannot be read (${codeOf(error)})`, hint: HINT, text: value })
    return undefined
  }
}

const HINT = 'check the path and who may read it'

/** The config itself. Throws {@link ConfigErrors}. */
export function readConfigText(path: string, kind: Kind): string {
  const text = read(path)
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line))) throw ofWhole(path, 'the file is empty', EXAMPLES[kind])
  return text
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw ofWhole(path, `the file cannot be read (${codeOf(error)})`, 'check the name after -c')
  }
}

function ofWhole(file: string, problem: string, hint: string): ConfigErrors {
  return new ConfigErrors([new ConfigError({ file, line: 0, column: 0, path: '' }, { problem, hint })])
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
