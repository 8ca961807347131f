/** East Asian Wide and Fullwidth (UAX #11), as far as names are written with them. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/
const segments: Intl.Segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Columns that a terminal gives a text. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  return [...segments.segment(text)].reduce((sum, { segment }) => sum + columnsOf(segment), 0)
}

function columnsOf(grapheme: string): number {
  return wide.test(grapheme) || /\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(grapheme) ? 2 : 1
}

/** As much of a text as has room, '…' or '~' at its end where something is missing. */
export function cut(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let kept = ''
  for (const { segment } of segments.segment(text)) {
    if (widthOf(kept + segment) > room - 1) break
    kept += segment
  }
  return `${kept}~`
}
