export function indent(line: string): string {
  return line === '' ? '' : `\t${line}`
}

export function printComment(comment: string): string {
  return `comment "${comment}"`
}
