#!/usr/bin/env node
// Plain JavaScript: an older Node must get as far as the sentence below.
const oldest = 24

// A server obeys these later. Until then they must not end it, nor open Node's debugger.
if (['stun', 'turn'].includes(process.argv[2])) for (const signal of ['SIGHUP', 'SIGUSR1']) process.on(signal, () => {})

if (Number.parseInt(process.versions.node, 10) >= oldest) import('../src/main.ts')
else {
  process.stderr.write(
    `sallyport: this is Node ${process.version}, and Sallyport needs ${oldest}: in a clone, \`npm run setup\` fetches it, ` +
      'and `npx sallyport` then uses it\n',
  )
  process.exitCode = 1
}
