import { type Attempt, knock, reached } from '../measure/index.ts'
import { printEndpoint } from '../traffic/endpoint.ts'
import type { Report } from '../traffic/report.ts'
import { ExpectationFailed } from './failure.ts'

/**
 * A connection or datagram to that endpoint arrives at a node (where a Doorman or a Reflector answers); its report is
 * returned. Throws {@link ExpectationFailed} that says what happened instead.
 */
export async function expectReaches(attempt: Attempt, node: { readonly name: string }): Promise<Report> {
  const report = await reached(attempt)
  if (report?.host === node.name) return report
  const actual = report === undefined ? await knock(attempt) : `arrived at ${report.host}`
  throw new ExpectationFailed(`${describe(attempt)} does not reach ${node.name}: ${actual}`, {
    expected: `reaches ${node.name}`,
    actual,
  })
}

/** Nothing at all comes back: neither an answer nor a refusal. Over UDP some ICMP errors count as silence. */
export async function expectSilence(attempt: Attempt, within?: number): Promise<void> {
  const actual = await knock(attempt, within)
  if (actual === 'silent') return
  throw new ExpectationFailed(`${describe(attempt)} is ${actual}, not silent`, { expected: 'silent', actual })
}

function describe({ from, to, protocol }: Attempt): string {
  const name = (from as { name?: string }).name ?? 'somebody'
  return `${protocol} from ${name} to ${printEndpoint(to)}`
}
