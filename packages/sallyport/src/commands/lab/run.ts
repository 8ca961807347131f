import { basename, extname } from 'node:path'
import type { Lab, LabNode, Proof, Registration } from '@sallyport/lab'
import type { Command } from 'commander'
import { withJson } from '../../options.ts'
import { print, printJson } from '../../output.ts'
import { labAction } from './action.ts'
import { sayForeignNames } from './foreign.ts'
import { provenRouters, provenWords, sayUnproven } from './proving.ts'
import { checkWritable } from './writable.ts'

interface Options {
  readonly name?: string
  readonly in?: string
  readonly prove?: boolean
  readonly capture?: string
  readonly view?: boolean
  readonly json?: boolean
}

/** A lab that is up. */
interface Running {
  readonly lab: Lab
  readonly registration: Registration
  readonly proofs: readonly Proof[]
}

const help = `
The program runs beside the nodes, in a namespace that reaches none of them, or in the node that --in names.
It finds SALLYPORT_LAB in its environment, and \`sallyport lab exec NODE -- COMMAND\` runs a command in a node.
Without a program the lab stays up until Ctrl-C or SIGTERM. The exit status is the program's, 127 when there
is none of that name; 1 when a NAT does not do what it promises.

  sallyport lab run lab.yaml -- ./my-test.sh --fast
  sallyport lab run lab.yaml --in alice -- python3 peer.py`

export function registerRun(lab: Command): void {
  const json = 'one JSON document: with a program when it has ended, its output going to stderr; else once it is up'
  withJson(lab.command('run').description('build a topology, and run a program with it'), json)
    .argument('<topology>', 'YAML, JSON or a TypeScript module')
    .argument('[command...]', 'a program and its arguments, behind --')
    .option('--name <name>', 'what `lab list` and `lab exec` call it; default: the name of the file')
    .option('--in <node>', 'run the program inside this node')
    .option(
      '--prove',
      'measure first what every NAT does; default: up to 8 with nothing but plain cables to the internet',
    )
    .option('--no-prove', 'measure none')
    .option('--capture <file>', 'write every packet of every link into a pcapng file')
    .option('--view', 'without a program: show what happens, instead of the picture')
    .addHelpText('after', help)
    .action(labAction(run))
}

async function run(file: string, program: string[], options: Options, command: Command): Promise<void> {
  if (options.view && (options.json || program.length > 0))
    command.error("error: option '--view' takes the whole terminal: leave the program and --json out")
  checkWritable({ capture: options.capture })
  const { capture, Lab, loadInternet, Registration, sandbox } = await import('@sallyport/lab')
  await sandbox()
  await using lab = await Lab.create({ internet: await loadInternet(file) })
  await lab.ready()
  if (options.in !== undefined) lab.get(options.in)
  await sayForeignNames(lab)
  const proofs = await provenRouters(lab, options.prove)
  await sayUnproven(proofs)
  if (proofs.some(({ ok }) => !ok)) return fail()
  await using _recording = options.capture === undefined ? undefined : capture(lab, { file: options.capture })
  const nodes = lab.nodes.map(({ name, namespace }) => ({ name, fd: namespace.fd }))
  using registration = new Registration(options.name ?? basename(file, extname(file)), () => nodes)
  await (program.length > 0 ? withProgram : held)({ lab, registration, proofs }, options, program)
}

function fail(): void {
  process.exitCode = 1
}

/** What is known of a running lab, for `--json`. */
function describe({ lab, registration: { name, id }, proofs }: Running): object {
  const addresses = ({ plan }: LabNode): object =>
    Object.fromEntries(Object.entries(plan.interfaces).map(([interfaceName, each]) => [interfaceName, each.addresses]))
  return { name, id, nodes: lab.nodes.map((node) => ({ name: node.name, interfaces: addresses(node) })), proofs }
}

async function withProgram(running: Running, options: Options, program: string[]): Promise<void> {
  const { runProgram } = await import('@sallyport/lab')
  const { lab, registration } = running
  const node = options.in === undefined ? undefined : lab.get(options.in)
  const env = { ...process.env, SALLYPORT_LAB: registration.id }
  const status = await runProgram(program, { env, outputOnStderr: options.json === true, ...(node && { node }) })
  if (options.json) printJson({ ...describe(running), command: program, status })
  process.exitCode = status
}

async function held(running: Running, { json, view }: Options): Promise<void> {
  const { LiveView } = await import('@sallyport/lab')
  const { lab, registration, proofs } = running
  const end = asked() // before it says that it is up, which is when somebody may end it
  await using _view = view ? new LiveView(lab, { title: registration.name }) : undefined
  if (json) printJson(describe(running))
  else if (!view || !process.stdout.isTTY) print(await welcome(lab, registration, proofs))
  await end
}

async function welcome(lab: Lab, { name, id }: Registration, proofs: readonly Proof[]): Promise<string> {
  const { drawAscii, pictureOf } = await import('@sallyport/lab')
  const last = lab.nodes.at(-1)?.name ?? 'NODE'
  return [
    drawAscii(pictureOf(lab.internet, lab.topology), { width: process.stdout.columns || 100 }),
    ...(proofs.length === 0 ? [] : [provenWords(proofs)]),
    `Lab ${name} is up. Enter a node: sallyport lab exec --lab ${id} ${last} -- sh`,
    'Ctrl-C ends it.',
  ].join('\n')
}

/** Resolves when somebody wants the lab to end. */
function asked(): Promise<void> {
  const staying = setInterval(() => {}, 1 << 30) // a signal handler alone keeps no process alive
  return new Promise((resolve) => {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        clearInterval(staying)
        resolve()
      })
  })
}
