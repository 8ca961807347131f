import type { BurstLoss, DirectionOptions, LinkOptions, Loss } from '../link/options.ts'
import { isMap } from './document.ts'
import { type Fields, type Kind, map, type NamedKind, named, whole, wrong } from './kind.ts'
import { atLeast, duration, rate, share } from './words.ts'

const LOSS_HINT = 'write a share such as 0.01, { burst: 0.01, length: 8 }, or { every: 100 }'
const LINK_HINT = 'such as "{ delay: 20ms, loss: 0.01, rate: 50mbit }"'

const lossShare = share('share of frames that are lost, 0 to 1')
const burst: Kind<BurstLoss> = map<BurstLoss>(
  {
    burst: share('share of frames lost in the long run, 0 to 1'),
    length: atLeast(1, 'mean number of frames lost in a row; default 4'),
  },
  LOSS_HINT,
  ['burst'],
)
const every: Kind<{ readonly every: number }> = map({ every: whole(1, 1e9, 'every n-th frame is lost') }, LOSS_HINT, [
  'every',
])

const loss: Kind<Loss> = {
  schema: { anyOf: [lossShare.schema, burst.schema, every.schema] },
  read(node, reading) {
    if (typeof node.value === 'number') return lossShare.read(node, reading)
    if (!isMap(node)) return wrong(node, 'a number or a map', LOSS_HINT, reading)
    return (node.entries.has('every') ? every : burst).read(node, reading)
  },
}

const direction: Fields<DirectionOptions> = {
  delay: duration('delay', 'how long every frame is on its way'),
  jitter: duration('jitter', 'up to so much more or less delay'),
  loss,
  reorder: share('share of frames that overtake others, 0 to 1'),
  duplicate: share('share of frames that arrive twice, 0 to 1'),
  corrupt: share('share of frames with one bit flipped, 0 to 1'),
  rate: rate('rate', 'bits per second of IP packets'),
  queue: duration('queue', 'how much waits at that rate before frames are dropped; default 50ms'),
}

export const oneWay: NamedKind<DirectionOptions> = named('direction', map(direction, LINK_HINT))

/** What a link does: both directions alike, or `up` and `down` by themselves. */
export const link: NamedKind<LinkOptions> = named(
  'link',
  map<LinkOptions>(
    { ...direction, up: oneWay, down: oneWay, mtu: whole(68, 65535, 'bytes of an IP packet; default 1500') },
    LINK_HINT,
  ),
)
