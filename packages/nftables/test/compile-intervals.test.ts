import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileElements, type KernelElement, parseElement } from '../src/index.ts'

const TOP = 255

/** Intervals of the 256 protocols: small enough for a bitmap. */
const intervals = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: TOP }), fc.integer({ min: 0, max: TOP }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
  { minLength: 1, maxLength: 20 },
)

type Range = readonly [first: number, last: number]

function compiled(ranges: readonly Range[], autoMerge: boolean): KernelElement[] {
  const elements = ranges.map(([first, last]) => parseElement('inet_proto', `${first}-${last}`))
  const set = { kind: 'set', type: 'inet_proto', isInterval: true, options: { autoMerge } } as const
  return compileElements(set, elements, { whole: true })
}

/** Reads elements as the kernel does: a value belongs to the set if the nearest element at or below it begins one. */
function members(elements: readonly KernelElement[]): boolean[] {
  const isEnd = ({ flags }: KernelElement): boolean => flags?.includes('interval_end') ?? false
  const at = (value: number): KernelElement[] => elements.filter(({ key }) => key![0] === value)
  let inside = false
  return Array.from({ length: TOP + 1 }, (_, value) => {
    const here = at(value)
    if (here.length > 0) inside = here.some((element) => !isEnd(element))
    return inside
  })
}

function bitmap(ranges: readonly Range[]): boolean[] {
  return Array.from({ length: TOP + 1 }, (_, value) => ranges.some(([first, last]) => first <= value && value <= last))
}

describe('intervals as elements', () => {
  it('hold exactly the values that were given, when they merge', () => {
    fc.assert(fc.property(intervals, (ranges) => assert.deepEqual(members(compiled(ranges, true)), bitmap(ranges))))
  })

  it('are as few as can be, when they merge', () => {
    fc.assert(
      fc.property(intervals, (ranges) => {
        const bits = bitmap(ranges)
        const edges = bits.filter((bit, value) => bit !== (bits[value - 1] ?? false)).length
        const null_ = bits[0] ? 0 : 1 // the mark at zero
        assert.equal(compiled(ranges, true).length, edges + null_)
      }),
    )
  })

  it('are refused when two hold the same value, and hold exactly the others otherwise', () => {
    fc.assert(
      fc.property(intervals, (ranges) => {
        const total = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
        const disjoint = total === bitmap(ranges).filter(Boolean).length
        if (!disjoint) assert.throws(() => compiled(ranges, false), /overlap/)
        else assert.deepEqual(members(compiled(ranges, false)), bitmap(ranges))
      }),
    )
  })

  it('up to the top have no end, but a note for nft', () => {
    const [last] = compiled([[250, TOP]], false).slice(-1)
    assert.deepEqual(last!.key, Uint8Array.of(250))
    assert.equal(last!.flags, undefined)
    assert.deepEqual(last!.userdata?.subarray(0, 2), Uint8Array.of(1, 4)) // NFTNL_UDATA_SET_ELEM_FLAGS, length
  })

  it('that join others leave the mark at zero alone', () => {
    const set = { kind: 'set', type: 'inet_proto', isInterval: true } as const
    const keys = compileElements(set, [parseElement('inet_proto', '5-6')]).map(({ key }) => key![0])
    assert.deepEqual(keys, [5, 7])
  })
})
