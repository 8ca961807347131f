import type { Impairment } from '../link/index.ts'
import type { Random } from './random.ts'

/** Which frames are lost: asked once for each, in their order. */
export type LossModel = () => boolean

export function lossModel(loss: Impairment['loss'], random: Random): LossModel {
  switch (loss.kind) {
    case 'none':
      return () => false
    case 'random':
      return () => random.uniform() < loss.share
    case 'every':
      return everyNth(loss.every)
    case 'burst':
      return bursts(loss, random)
  }
}

function everyNth(every: number): LossModel {
  let frames = 0
  return () => {
    frames += 1
    return frames % every === 0
  }
}

/**
 * Gilbert's model (1960; h = 0, k = 1 in Elliott's words, 1963): two states, all is lost in the bad one. From the mean
 * length L of a burst and the share s: bad → good with 1/L, good → bad with s/(1-s)/L. Where that would be more than 1
 * (many bursts that are short) the bursts are made longer, so that the share holds.
 */
function bursts({ share, length }: { readonly share: number; readonly length: number }, random: Random): LossModel {
  const [toBad, toGood] = transitions(share, length)
  let bad: boolean | undefined
  return () => {
    const drawn = random.uniform()
    if (bad === undefined) bad = drawn < share
    else bad = bad ? drawn >= toGood : drawn < toBad
    return bad
  }
}

function transitions(share: number, length: number): [toBad: number, toGood: number] {
  if (share === 1) return [1, 0]
  const toBad = share / (1 - share) / length
  return toBad <= 1 ? [toBad, 1 / length] : [1, (1 - share) / share]
}
