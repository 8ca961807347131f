import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blocksOf, tasksOf } from '../scripts/documents/blocks.ts'
import { difference } from '../scripts/documents/compare.ts'

/** The kinds of task in a document, with the problem or reason of those that are not run. */
function tasks(...lines: string[]): string[] {
  return tasksOf(blocksOf(lines.join('\n'))).map((task) => {
    if (task.kind === 'mistake') return `mistake: ${task.problem}`
    return task.kind === 'skip'
      ? `skip: ${task.reason}`
      : `${task.kind}${'output' in task && task.output ? ' with output' : ''}`
  })
}

describe('a document', () => {
  test('has its TypeScript run, and its shell only on request', () => {
    assert.deepEqual(tasks('```ts', 'a', '```', '```sh', 'b', '```', '```sh run', 'c', '```'), ['ts', 'sh'])
  })
  test('has its configs checked', () => {
    assert.deepEqual(tasks('```yaml', 'a', '```', '```yaml config', 'b', '```'), ['config'])
  })
  test('keeps output with the block before it', () => {
    assert.deepEqual(tasks('```ts', 'a', '```', 'prints', '```text output', 'b', '```'), ['ts with output'])
  })
  test('gives a reason for what is not run', () => {
    assert.deepEqual(tasks('```ts no-run needs a router', 'a', '```'), ['skip: needs a router'])
    assert.match(tasks('```ts no-run', 'a', '```')[0] ?? '', /mistake: 'no-run' needs its reason/)
  })
  test('may not ask for what does not exist, or show output of nothing', () => {
    assert.match(tasks('```sh runs', 'a', '```')[0] ?? '', /mistake: 'sh runs' means nothing/)
    assert.match(tasks('```text output', 'a', '```')[0] ?? '', /mistake: output of what/)
  })
  test('may have longer fences, blocks in lists, and an end without a closing fence', () => {
    const blocks = blocksOf('````md\n```ts\n````\n- x\n  ```sh run\n    a\n  b\n  ```\n~~~ts\nc')
    assert.deepEqual(
      blocks.map(({ language, line, text }) => ({ language, line, text })),
      [
        { language: 'md', line: 1, text: '```ts' },
        { language: 'sh', line: 5, text: '  a\nb' },
        { language: 'ts', line: 9, text: 'c' },
      ],
    )
  })
})

describe('output', () => {
  test('is as shown when only numbers and spacing differ', () => {
    assert.equal(difference('port 40000   open', '  port 7 open\n'), undefined)
  })
  test('is not as shown when a word differs, and the line is named', () => {
    assert.match(difference('a\nb\nc', 'a\nx\nc') ?? '', /line 2 .*'x', shown is 'b'/)
  })
  test('is not as shown when lines are missing or too many', () => {
    assert.match(difference('a\nb', 'a') ?? '', /'\(the end\)', shown is 'b'/)
    assert.match(difference('a', 'a\nb') ?? '', /'b', shown is '\(the end\)'/)
  })
  test('may have any lines where the document shows an ellipsis', () => {
    assert.equal(difference('a\n…\nd', 'a\nb\nc\nd'), undefined)
    assert.equal(difference('a\n...', 'a'), undefined)
    assert.notEqual(difference('a\n…\nd', 'a\nb\nc'), undefined)
  })
})
