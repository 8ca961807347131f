/** Who may import whom, and which files may touch the world. The reasons are in docs/adr/0003 and CONTRIBUTING.md. */
export interface Permission {
  /** Names from `capabilities` below. */
  readonly may: readonly string[]
  readonly why: string
}

export interface Rules {
  /** Package directory → the package directories it may import. */
  readonly packages: Record<string, readonly string[]>
  /** Package directory → room (folder, or file beside index.ts) → the rooms it may import. index.ts may import all. */
  readonly rooms: Record<string, Record<string, readonly string[]>>
  /** Source file → what it may use. Tests, scripts and benchmarks are free. */
  readonly named: Record<string, Permission>
}

/** What only named files use: modules by specifier; clock, randomness, exit and import() are globals (find.ts). */
export const capabilities: Record<string, string> = {
  'node:net': 'net',
  'node:dgram': 'dgram',
  'node:tls': 'net',
  'node:http': 'net',
  'node:https': 'net',
  'node:http2': 'net',
  'node:dns': 'net',
  'node:dns/promises': 'net',
  'node:fs': 'fs',
  'node:fs/promises': 'fs',
  'node:child_process': 'child_process',
  'node:cluster': 'child_process',
  'node:worker_threads': 'threads',
  koffi: 'koffi',
}

/** Functions of those modules that compute and touch nothing. */
export const pure: Record<string, readonly string[]> = { 'node:net': ['isIP', 'isIPv4', 'isIPv6'] }

export const rules: Rules = {
  packages: {
    linux: [],
    nftables: ['linux'],
    router: ['nftables', 'linux'],
    lab: ['router', 'nftables', 'linux'],
    traversal: ['linux'],
    sallyport: ['lab', 'router', 'nftables', 'traversal', 'linux'],
  },
  rooms: {
    linux: {
      address: [],
      bytes: ['address'],
      system: ['address', 'bytes'],
      netlink: ['address', 'bytes', 'system'],
      route: ['address', 'bytes', 'system', 'netlink'],
      conntrack: ['address', 'bytes', 'system', 'netlink'],
      nflog: ['address', 'bytes', 'system', 'netlink', 'conntrack'],
      sandbox: ['system', 'route'],
      testing: ['bytes', 'netlink'],
    },
    nftables: {
      expr: [],
      model: ['expr'],
      compile: ['model', 'expr', 'messages', 'transaction'],
      language: ['model', 'expr'],
      messages: ['expr'],
      transaction: ['messages', 'expr'],
      changes: ['compile', 'model', 'transaction', 'messages', 'expr'],
      debug: ['expr'],
      monitor: ['transaction', 'messages', 'expr'],
      trace: ['debug', 'transaction', 'messages', 'compile', 'language', 'model', 'expr'],
      'nftables.ts': ['changes', 'monitor', 'trace', 'transaction', 'messages', 'expr', 'compile', 'model'],
      testing: ['expr'],
    },
    router: {
      config: [],
      compile: ['config'],
      plan: ['compile', 'config'],
      apply: ['observe', 'plan', 'compile', 'config'],
      observe: ['compile', 'config'],
      'render.ts': ['compile', 'config'],
    },
    lab: {
      link: [],
      packet: [],
      nat: [],
      model: ['nat'],
      topology: ['link', 'nat'],
      text: ['topology', 'link', 'nat'],
      picture: ['topology', 'link', 'nat'],
      results: [],
      registry: [],
      doctor: [],
      'network.ts': ['topology'],
      wire: ['link', 'packet'],
      build: ['topology', 'link', 'wire'],
      traffic: [],
      measure: ['traffic'],
      'node.ts': ['build', 'traffic', 'topology', 'link'],
      'guest.ts': ['node.ts', 'build', 'topology'],
      'router.ts': ['guest.ts', 'node.ts', 'network.ts', 'build', 'topology', 'link', 'nat', 'ipv6'],
      'lab.ts': ['router.ts', 'node.ts', 'network.ts', 'build', 'topology', 'link', 'nat', 'wire', 'registry'],
      'enter.ts': [],
      proof: ['lab.ts', 'router.ts', 'node.ts', 'nat', 'measure', 'traffic', 'topology'],
      ipv6: ['packet', 'topology'],
      capture: ['lab.ts', 'node.ts', 'wire', 'packet', 'topology', 'link'],
      follow: ['capture', 'lab.ts', 'node.ts', 'packet', 'topology'],
      view: ['capture', 'lab.ts', 'router.ts', 'node.ts', 'picture', 'packet', 'topology'],
      expect: ['view', 'capture', 'picture', 'lab.ts', 'router.ts', 'node.ts', 'nat', 'measure', 'traffic', 'topology'],
      punch: [
        'packet',
        'follow',
        'capture',
        'results',
        'model',
        'lab.ts',
        'router.ts',
        'node.ts',
        'nat',
        'measure',
        'traffic',
        'topology',
      ],
      report: [
        'capture',
        'results',
        'lab.ts',
        'router.ts',
        'node.ts',
        'nat',
        'packet',
        'measure',
        'traffic',
        'topology',
      ],
      demo: ['lab.ts', 'node.ts', 'nat', 'measure', 'traffic', 'topology'],
    },
    traversal: {
      stun: [],
      filter: [],
      turn: ['stun', 'filter'],
      client: ['turn', 'filter', 'stun'],
      discovery: ['stun'],
      datapath: ['turn', 'filter', 'stun'],
      streams: ['datapath', 'turn', 'filter', 'stun'],
      service: ['streams', 'datapath', 'turn', 'filter', 'stun'],
    },
    sallyport: {
      'failure.ts': [],
      'output.ts': [],
      'options.ts': ['output.ts'],
      'server-flags.ts': [],
      'turn-config': [],
      commands: ['failure.ts', 'options.ts', 'output.ts', 'server-flags.ts', 'turn-config'],
      'main.ts': ['commands', 'failure.ts', 'options.ts', 'output.ts'],
    },
  },
  named: {
    'packages/linux/src/system/libc.ts': { may: ['koffi'], why: 'the system calls that Node does not offer' },
    'packages/linux/src/system/namespace.ts': { may: ['fs'], why: 'a namespace is a file of /proc, open' },
    'packages/linux/src/system/readiness.ts': { may: ['threads'], why: 'asks whether it is in a worker' },
    'packages/linux/src/route/until.ts': {
      may: ['clock'],
      why: 'waits for what the kernel will say, but not for ever',
    },
    'packages/linux/src/system/sysctl.ts': { may: ['fs'], why: 'a sysctl is a file of /proc' },
    'packages/linux/src/system/sockets.ts': { may: ['net', 'dgram'], why: 'gives descriptors made elsewhere to Node' },
    'packages/linux/src/sandbox/sandbox.ts': {
      may: ['child_process', 'exit', 'fs'],
      why: 'runs this program again inside namespaces and ends as it ends; asks /proc why the kernel refuses',
    },
    'packages/linux/src/sandbox/signals.ts': {
      may: ['exit'],
      why: 'the first process of a pid namespace has no defaults',
    },
    'packages/nftables/src/trace/trace.ts': { may: ['clock'], why: 'a packet of which nothing is heard is complete' },
    'packages/router/src/config/load.ts': { may: ['fs', 'import()'], why: 'a config is a file, or a module to load' },
    'packages/lab/src/wire/clock.ts': { may: ['clock'], why: 'frames are due at a time' },
    'packages/lab/src/wire/thread-owner.ts': { may: ['threads'], why: 'starts the thread of a wire' },
    'packages/lab/src/wire/thread.ts': { may: ['threads'], why: 'is the thread of a wire' },
    'packages/traversal/src/streams/entrance.ts': { may: ['net'], why: 'where clients of TCP and TLS come in' },
    'packages/traversal/src/streams/udp-ports.ts': { may: ['dgram'], why: 'UDP relays on the event loop' },
    'packages/traversal/src/streams/tcp-ports.ts': { may: ['net'], why: 'TCP relays listen and connect' },
    'packages/traversal/src/streams/stream-server.ts': {
      may: ['clock', 'randomness'],
      why: 'gives time and unguessable ports and numbers to the machine of streams',
    },
    'packages/traversal/src/service/stream-part.ts': { may: ['clock'], why: 'says how long an allocation lived' },
    'packages/traversal/src/client/link.ts': { may: ['net', 'dgram'], why: 'the way to a STUN or TURN server' },
    'packages/traversal/src/client/bind.ts': {
      may: ['clock', 'randomness'],
      why: 'repeats its request, under a transaction ID that nobody can guess',
    },
    'packages/traversal/src/client/driver.ts': { may: ['clock'], why: 'gives the time to the TURN client machine' },
    'packages/traversal/src/client/data-socket.ts': {
      may: ['clock', 'randomness'],
      why: 'gives the time, and bytes that nobody can guess, to the machine of a data connection',
    },
    'packages/traversal/src/client/allocate.ts': { may: ['randomness'], why: 'transaction IDs that nobody can guess' },
    'packages/traversal/src/discovery/resolve.ts': { may: ['net'], why: 'a server may be given by its name' },
    'packages/traversal/src/discovery/sockets.ts': {
      may: ['clock', 'randomness'],
      why: 'runs the tests on sockets, by the clock, with random transaction IDs',
    },
    'packages/traversal/src/discovery/behaviour-server.ts': {
      may: ['clock'],
      why: 'a server on sockets of this process; its budget is per second',
    },
    'packages/traversal/src/service/threads.ts': { may: ['threads'], why: 'starts the threads of a server' },
    'packages/traversal/src/service/udp-thread.ts': {
      may: ['threads', 'clock', 'randomness'],
      why: 'is a thread of a server: gives the time, and bytes that nobody can guess, to its machine',
    },
    'packages/traversal/src/service/server.ts': {
      may: ['clock'],
      why: 'says since when it runs; drains, but not for ever',
    },
    'packages/traversal/src/service/metrics-endpoint.ts': { may: ['net'], why: 'metrics are fetched over HTTP' },
    'packages/sallyport/src/turn-config/files.ts': { may: ['fs'], why: 'a config is a file, and names others' },
    'packages/sallyport/src/commands/serve.ts': {
      may: ['clock', 'randomness'],
      why: 'the time of its log; the secret of its nonces',
    },
    'packages/lab/src/build/processes.ts': { may: ['child_process'], why: 'a lab runs programs inside its nodes' },
    'packages/lab/src/report/run.ts': {
      may: ['clock'],
      why: 'says when the report began, and how long each check took',
    },
    'packages/lab/src/report/rig/station.ts': { may: ['clock'], why: 'waits for a packet, but not for ever' },
    'packages/sallyport/src/commands/lab/report.ts': {
      may: ['fs'],
      why: 'reads nft files, writes the results that were asked for',
    },
    'packages/lab/src/punch/punch.ts': { may: ['clock'], why: 'says how long a punch took' },
    'packages/lab/src/punch/punch-tcp.ts': { may: ['clock'], why: 'says how long a punch took' },
    'packages/lab/src/punch/tcp-peer.ts': { may: ['clock'], why: 'calls again until its time is over' },
    'packages/lab/src/punch/matrix.ts': { may: ['clock'], why: 'says when the matrix began, and how long it took' },
    'packages/sallyport/src/commands/lab/foreign.ts': { may: ['fs'], why: 'reads nft files, as nft does' },
    'packages/sallyport/src/commands/lab/writable.ts': {
      may: ['fs'],
      why: 'whether a file can be written is asked before the work that it is for',
    },
    'packages/sallyport/src/commands/lab/matrix.ts': {
      may: ['fs'],
      why: 'writes the page and the test results that were asked for',
    },
    'packages/lab/src/text/load.ts': { may: ['fs', 'import()'], why: 'a topology is a file, or a module to load' },
    'packages/lab/src/registry/nameless.ts': { may: ['fs'], why: 'what a lab says of itself is a file without a name' },
    'packages/lab/src/registry/proc.ts': { may: ['fs'], why: 'running labs are found in /proc' },
    'packages/lab/src/registry/run.ts': { may: ['child_process', 'exit'], why: 'runs programs, and passes signals on' },
    'packages/lab/src/doctor/outside.ts': { may: ['child_process', 'fs'], why: 'tries the programs that labs need' },
    'packages/lab/src/nat/nft-file.ts': {
      may: ['child_process'],
      why: "an nft file is for the nft program: it is the user's own",
    },
    'packages/lab/src/proof/prove.ts': { may: ['clock'], why: 'says how long a proof took' },
    'packages/lab/src/expect/eventually.ts': { may: ['clock'], why: 'tries a claim again, but not for ever' },
    'packages/lab/src/demo/demo.ts': { may: ['clock'], why: 'says how long the demo took' },
    'packages/lab/src/capture/capture.ts': {
      may: ['clock'],
      why: 'says when a frame was seen, and for how long to wait',
    },
    'packages/lab/src/capture/file.ts': { may: ['fs'], why: 'a capture is a file' },
    'packages/lab/src/follow/drops.ts': { may: ['clock'], why: 'says when a packet was dropped' },
    'packages/lab/src/view/live.ts': { may: ['clock'], why: 'rates are counts in a time' },
  },
}
