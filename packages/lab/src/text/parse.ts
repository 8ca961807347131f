import type { Internet } from '../topology/internet.ts'
import { checkConsistent } from './consistent.ts'
import { type Node, Problems, readValue, readYaml } from './document.ts'
import { givenNats } from './given.ts'
import { readInternet } from './internet.ts'

/** The text of a file by its path. Throws when it cannot be read: the message says why. */
export type ReadFile = (path: string) => string

const noFiles: ReadFile = () => {
  throw new Error('a text by itself reads no other files; use loadInternet')
}

/**
 * A topology in YAML or JSON. Throws ConfigErrors with all its mistakes, each as
 * `FILE:LINE:COLUMN: what is wrong; what to do`.
 *
 * @param file the name for messages; files that the topology names are relative to it
 */
export function parseInternet(text: string, file: string, read: ReadFile = noFiles): Internet {
  const problems = new Problems()
  if (isEmpty(text)) {
    const hint = 'write for example "routers: { home: { nat: home, hosts: [alice] } }"'
    problems.add({ file, line: 1, column: 1, path: '' }, { problem: 'the file is empty', hint })
  }
  problems.throwIfAny()
  return resolve(readYaml(text, file, problems), { problems, file, read, given: () => undefined })
}

/** A topology that is a value already, such as a module's default export. Throws ConfigErrors. */
export function checkInternet(value: unknown, file: string, read: ReadFile = noFiles): Internet {
  const given = givenNats(value)
  return resolve(readValue(value, file), { problems: new Problems(), file, read, given: (path) => given.get(path) })
}

function resolve(root: Node | undefined, reading: Parameters<typeof readInternet>[1]): Internet {
  const { problems } = reading
  if (root === undefined) throw problems.error()
  const internet = readInternet(root, reading)
  checkConsistent(root, problems)
  problems.throwIfAny()
  return internet
}

function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^(#|---|\.\.\.|$)/.test(line.trim()))
}
