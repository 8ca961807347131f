import type { Family } from '../expr/index.ts'
import { ModelError } from './error.ts'
import { Table } from './table.ts'

/** Tables, as one wants them: compile it for the kernel, or print it for people and for nft. */
export class Ruleset {
  readonly #tables: Table[] = []

  get tables(): readonly Table[] {
    return this.#tables
  }

  table(family: Family, name: string, options: { readonly comment?: string } = {}): Table {
    if (this.#tables.some((table) => table.family === family && table.name === name)) {
      throw new ModelError(`there is a table '${family} ${name}' already`)
    }
    const table = new Table(family, name, options)
    this.#tables.push(table)
    return table
  }
}
