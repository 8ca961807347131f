/**
 * Reading documents that people write: YAML, JSON or a value of a module as one tree, of which every node knows its
 * line and column, and all mistakes collected. The config is read with it; so are topologies of the lab.
 */
export { childPath, type Entry, Node } from './node.ts'
export { Problems, quote } from './problems.ts'
export { readValue } from './read-value.ts'
export { readYaml } from './read-yaml.ts'
export { checkMap, describe, type Expectation, isMap, read } from './shape.ts'
