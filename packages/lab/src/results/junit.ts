import { type CaseResult, groupsOf, type Results, tally } from './results.ts'

/**
 * Results in the form that CI systems read. JUnit itself never wrote it down: elements and attributes are those that
 * Jenkins' xUnit plugin has in its schema (junit-10.xsd), in its order. A group is a suite, times are seconds.
 */
export function printJunit({ name, started, ms, cases }: Results): string {
  const { failed } = tally(cases)
  const counts = { name, tests: cases.length, failures: failed, errors: 0, time: seconds(ms) }
  const suites = [...groupsOf(cases)].map(([group, own]) => suite(group, own, started))
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', counts, suites)}\n`
}

function suite(name: string, cases: readonly CaseResult[], started: string): string {
  const { failed: failures, skipped } = tally(cases)
  const time = seconds(cases.reduce((sum, { ms }) => sum + ms, 0))
  const timestamp = started.replace(/(\.\d+)?Z$/, '') // the schema has no time zone
  const counts = { name, tests: cases.length, failures, errors: 0, skipped, time, timestamp }
  return element('testsuite', counts, cases.map(testCase))
}

function testCase(each: CaseResult): string {
  const { group, name, ms, verdict, evidence = [] } = each
  const outcome = {
    ok: [],
    failed: [element('failure', { message: sentence(each), type: 'failed' }, [escaped(details(each))])],
    skipped: [element('skipped', { message: each.reason ?? '' }, [])],
  }[verdict]
  const shown =
    verdict === 'ok' && evidence.length > 0 ? [element('system-out', {}, [escaped(evidence.join('\n'))])] : []
  return element('testcase', { name, classname: group, time: seconds(ms) }, [...outcome, ...shown])
}

function sentence({ expected, observed }: CaseResult): string {
  return `expected ${expected ?? 'something else'}, observed ${observed ?? 'nothing'}`
}

function details(each: CaseResult): string {
  return [sentence(each), ...(each.evidence ?? [])].join('\n')
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inner: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(`${value}`)}"`)
  const start = `<${name}${written.join('')}`
  if (inner.length === 0) return `${start}/>`
  const isText = !inner[0]!.startsWith('<')
  return isText ? `${start}>${inner.join('')}</${name}>` : `${start}>\n${inner.join('\n')}\n</${name}>`
}

/** XML 1.0 section 3.3.3: white space in attributes becomes blanks unless it is written as a reference. */
function attribute(text: string): string {
  return escaped(text).replace(/[\t\n]/g, (blank) => `&#${blank.charCodeAt(0)};`)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}

/** Characters that XML 1.0 (section 2.2) does not know, not even as references, become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\r]/g, (character) => entities[character]!)
}
