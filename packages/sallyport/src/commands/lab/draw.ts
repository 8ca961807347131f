import { type Command, Option } from 'commander'
import { print } from '../../output.ts'
import { labAction } from './action.ts'

interface Options {
  readonly format: 'ascii' | 'mermaid' | 'svg'
  readonly plain?: boolean
}

export function registerDraw(lab: Command): void {
  lab
    .command('draw')
    .description('print a picture of a topology; builds nothing')
    .argument('<topology>', 'YAML, JSON or a TypeScript module')
    .addOption(new Option('--format <format>', 'how').choices(['ascii', 'mermaid', 'svg']).default('ascii'))
    .option('--plain', 'lines of ASCII characters only')
    .action(labAction(draw))
}

async function draw(file: string, { format, plain = false }: Options): Promise<void> {
  const { drawAscii, drawMermaid, drawSvg, loadInternet, pictureOf } = await import('@sallyport/lab')
  const picture = pictureOf(await loadInternet(file))
  if (format === 'ascii') print(drawAscii(picture, { width: process.stdout.columns || 100, plain }))
  else print(format === 'svg' ? drawSvg(picture) : drawMermaid(picture))
}
