import { createFsFromVolume, Volume } from 'memfs';
import { type Command, type Completed, run, spell } from '../../src/lib/effect.ts';
import type { Host } from '../../src/lib/host.ts';
import { journalIn } from '../../src/lib/journal.ts';
import { UNIX } from '../../src/lib/layout.ts';
import type { Lifeline } from '../../src/lib/lifelines/addresses.ts';
import { lockIn, type Processes } from '../../src/lib/lock.ts';
import { logTo } from '../../src/lib/log.ts';
import { namesIn } from '../../src/lib/names.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { ActionError, Unfinished } from '../../src/lib/outcome.ts';
import { type Clock, type Files, STATE } from '../../src/lib/ports.ts';
import { recordsIn } from '../../src/lib/records.ts';
import { SETTINGS } from '../../src/lib/settings.ts';
import type { System } from '../../src/lib/system.ts';
import { Accounts } from './model/accounts.ts';
import { ok } from './model/answer.ts';
import { BSD, type BsdHost } from './model/bsd/host.ts';
import { idle } from './model/connections.ts';
import { Daemons } from './model/daemons.ts';
import { Declared } from './model/declared.ts';
import { Firewalld } from './model/firewalld.ts';
import { Ipset } from './model/ipset.ts';
import { NetTools } from './model/net-tools.ts';
import { Nft } from './model/nft.ts';
import { Routes } from './model/routes.ts';
import { Services } from './model/services.ts';
import { SharedFiles } from './model/shared-files.ts';
import { Suspects, Threats } from './model/suspects.ts';
import { WINDOWS } from './model/windows/host.ts';
import { Xtables } from './model/xtables.ts';
import { sinkInto } from './sink.ts';

/** Every system that is not Linux. */
const OTHERS: Readonly<Partial<Record<System, BsdHost>>> = { windows: WINDOWS, ...BSD };

/** What every model host lives on, of each kind and IP version. */
export const LIFELINES: readonly Lifeline[] = [
  { network: '192.0.2.2', why: 'is an address of this host' },
  { network: '2001:db8:1::2', why: 'is an address of this host' },
  { network: '192.0.2.1', why: 'is this host’s gateway' },
  { network: '192.0.2.53', why: 'is this host’s resolver' },
  { network: '2001:db8:1::15', why: 'is the agent’s manager' },
];

/** The agent's home on every model host. */
export const HOME = '/var/ossec';

/**
 * How a command can go wrong. A tool may die `broken`, before it acted, or `killed`, after it acted
 * and before it answered; it may be `hanging` or `missing`; and the run itself may die around it.
 */
export type Fault = 'broken' | 'killed' | 'hanging' | 'missing' | 'died-before' | 'died-after';

/** What decides whether a command goes wrong: its place in the run, from 0, and the command. */
export type Faults = (place: number, command: Command) => Fault | undefined;

/** The run died, as the model was told: what `run` rejects with. */
export class RunDied extends Error {}

/** What a model host can be given. */
export interface Setting {
  /** Which system's tools it has, named as the folder of `scripts/`: Linux, unless it is Windows. */
  readonly platform?: System;
  readonly kernel?: readonly [major: number, minor: number];
  readonly arConf?: string;
  readonly ossecConf?: string;
  /** Root's own settings. */
  readonly settings?: unknown;
  /** Without the things of an administrator. */
  readonly bare?: boolean;
}

/** A command that an administrator once ran. */
export type Neighbour = readonly [tool: string, words: readonly string[], stdin?: string];

/** An administrator's own: none of it may ever change. */
const NEIGHBOURS: readonly Neighbour[] = [
  [
    'nft',
    ['-f', '-'],
    `add table inet admin
add chain inet admin riposte { type filter hook input priority 0; policy accept; }
add set inet admin firewall-drop4 { type ipv4_addr; }
add set inet admin firewall-drop6 { type ipv6_addr; }
add rule inet admin riposte ip saddr @firewall-drop4 accept
add element inet admin firewall-drop4 { 203.0.113.7, 203.0.113.70 }
add element inet admin firewall-drop6 { 2001:db8::7, 2001:db8::70 }
`,
  ],
  ['ipset', ['create', 'admin', 'hash:ip', 'family', 'inet', 'maxelem', '9', 'timeout', '0']],
  ['ipset', ['add', 'admin', '203.0.113.7']],
  ['iptables', ['-A', 'INPUT', '-s', '203.0.113.70', '-j', 'DROP']],
  ['iptables', ['-A', 'INPUT', '-s', '203.0.113.0/24', '-j', 'ACCEPT']],
  ['ip6tables', ['-A', 'INPUT', '-s', '2001:db8::70', '-j', 'DROP']],
  // In the same table, and for the same address in another: neither is looked into by a rule.
  ['ip', ['-4', '-batch', '-'], 'route add blackhole 203.0.113.70/32 table 182 metric 5\n'],
  ['ip', ['-4', '-batch', '-'], 'route add blackhole 203.0.113.7/32 table 100 metric 5\n'],
  // In use where nothing of ours comes before it.
  ['route', ['add', '-host', '203.0.113.7', 'metric', '32766', 'dev', 'lo']],
  // Two zones that packets come to, and rules of which none has a priority of ours.
  ['firewall-cmd', ['--zone=internal', '--change-interface=eth1']],
  ...[
    'rule family="ipv4" source address="203.0.113.7" accept',
    'rule priority="-100" family="ipv4" source address="203.0.113.70" accept',
    'rule family="ipv6" source address="2001:db8::7" accept',
  ].map((rule) => ['firewall-cmd', ['--zone=internal', `--add-rich-rule=${rule}`]] as const),
];

/** Who is known on every host, by number. */
const ACCOUNTS = {
  root: 0,
  toor: 0,
  daemon: 1,
  wazuh: 998,
  ossec: 1000,
  alice: 1501,
  bob: 1502,
  mallory: 41_001,
  mallory2: 41_002,
  trudy: 41_003,
  nobody: 65_534,
} as const;

/** A tool, or several tools over one state. */
export interface Model {
  readonly tools: readonly string[];
  readonly run: (command: Command) => Completed;
  /** All of its state as text, one thing a line. */
  readonly listing: () => string;
  /** Whether it keeps the target out. */
  readonly holds: (target: string) => boolean;
  /** Whether it lets some of what the target sends pass, and no more. */
  readonly slows?: (target: string) => boolean;
}

/**
 * The way to whatever is outside of a run, where things go wrong as the test says: `work` is what is
 * done, `broken` what is answered instead. A port's call is named like a command.
 */
export type Door = <T>(
  command: Command,
  timeout: number,
  work: () => T | Promise<T>,
  broken: () => T,
) => Promise<T>;

/** Milliseconds that every tool takes. */
const COST = 3;

/** The tools of a host. A new one is a row here. */
function models(now: () => number, renews: boolean, shared: SharedFiles): readonly Model[] {
  const nft = new Nft(now, renews);
  const ipset = new Ipset(now);
  const routes = new Routes();
  const netTools = new NetTools();
  const accounts = new Accounts(ACCOUNTS);
  const firewalld = new Firewalld(now);
  const tables = [new Xtables('iptables', ipset), new Xtables('ip6tables', ipset)];
  const xtables = tables.map(
    (one): Model => ({
      tools: [one.tool, `${one.tool}-save`, `${one.tool}-restore`],
      run: ({ tool, args, stdin }) => {
        if (tool.endsWith('-save')) return one.save(args);
        return tool.endsWith('-restore') ? one.restore(args, stdin) : one.run(args);
      },
      listing: () => one.listing(),
      holds: (target) => one.drops(target),
    }),
  );
  return [
    {
      tools: ['nft'],
      run: ({ args, stdin }) => nft.run(args, stdin),
      listing: () => nft.listing(false),
      holds: (target) => nft.drops(target) === 'all',
      slows: (target) => nft.drops(target) === 'some',
    },
    {
      tools: ['ipset'],
      run: ({ args, stdin }) =>
        ipset.run(args, stdin, (name) => tables.some((one) => one.uses(name))),
      listing: () => ipset.listing(),
      // Only a rule that looks into a set keeps anything out.
      holds: () => false,
    },
    {
      tools: ['busctl'],
      run: ({ args }) => firewalld.busctl(args),
      listing: () => firewalld.listing(),
      holds: (target) => firewalld.drops(target),
    },
    {
      tools: ['firewall-cmd'],
      run: ({ args }) => firewalld.firewallCmd(args),
      // The same rules.
      listing: () => '',
      holds: () => false,
    },
    ...(['ss', 'conntrack'] as const).map((tool) => ({
      tools: [tool],
      run: idle[tool],
      listing: () => '',
      holds: () => false,
    })),
    ...xtables,
    {
      tools: ['ip'],
      run: ({ args, stdin }) => routes.run(args, stdin),
      listing: () => routes.listing(),
      holds: (target) => routes.drops(target),
    },
    {
      tools: ['route'],
      run: ({ args }) => netTools.run(args),
      listing: () => netTools.listing(),
      holds: (target) => netTools.drops(target),
    },
    {
      tools: ['grep'],
      run: ({ args }) => accounts.grep(args),
      listing: () => accounts.listing(),
      holds: (target) => accounts.locked(target),
    },
    ...(['usermod', 'userdel', 'passwd', 'busybox', 'su', 'pkill', 'loginctl'] as const).map(
      (tool) => ({
        tools: [tool],
        run: ({ args }: Command) => accounts[tool](args),
        // The same accounts.
        listing: () => '',
        holds: () => false,
      }),
    ),
    {
      tools: ['rm'],
      run: (command) => shared.run(command),
      listing: () => shared.listing(),
      holds: (target) => shared.holds(target),
    },
  ];
}

/** What an action does to tools that have no model; `declared lose` does away with it. */
const byDeclaration = (declared: Declared): Model => ({
  tools: ['declared'],
  run: () => {
    declared.lose();
    return ok();
  },
  listing: () => declared.listing(),
  holds: (target) => declared.holds(target),
});

/**
 * A host in memory: the kernel's tables behind models of the tools, and files on memfs behind the
 * real code. Every run is a process of its own on it, with its own clock since it began.
 */
export class ModelHost {
  readonly platform: System;
  readonly volume = new Volume();
  /** Every command that was started, spelled as at a shell. */
  readonly commands: string[] = [];
  /** Exit code and first words of each command that answered. */
  readonly answers: string[] = [];
  /** Lines of the agent's log. */
  readonly log: string[] = [];
  /** The addresses of hosts, as whoever resolves names knows them. */
  readonly hosts = new Map<string, readonly string[]>();
  /** The names that were resolved, oldest first. */
  readonly asked: string[] = [];
  /** From where administrators are logged in. */
  logins: readonly Lifeline[] = [];
  faults: Faults = () => undefined;
  /** What actions of a user's own do here. */
  readonly declared = new Declared();

  readonly #kernel: readonly [number, number];
  readonly #models: readonly Model[];
  /** The agent itself. */
  readonly daemons = new Daemons();
  readonly #services = new Services();
  readonly #suspects = new Suspects();
  readonly #threats = new Threats();
  readonly #shared: SharedFiles;
  readonly #alive = new Set<string>();
  #now = Date.UTC(2026, 1, 3, 10, 11, 12);
  #processes = 0;

  constructor({
    platform = 'linux',
    kernel = OTHERS[platform]?.version ?? [6, 18],
    arConf,
    ossecConf = '<ossec_config></ossec_config>\n',
    settings,
    bare,
  }: Setting = {}) {
    const now = () => this.#now;
    const [major, minor] = kernel;
    this.platform = platform;
    this.#kernel = kernel;
    const other = OTHERS[platform];
    this.#shared = new SharedFiles(this.volume, bare === true, other?.text);
    const given = { shared: this.#shared, daemons: this.daemons };
    const ofLinux = () => [
      ...models(now, major > 6 || (major === 6 && minor >= 12), this.#shared),
      {
        tools: ['systemctl'],
        run: (command: Command) => this.daemons.systemctl(command),
        listing: () => this.daemons.listing(),
        holds: () => false,
      },
    ];
    this.#models = [...(other?.models(given) ?? ofLinux()), byDeclaration(this.declared)];
    this.volume.mkdirSync(`${HOME}/active-response/bin`, { recursive: true });
    this.volume.mkdirSync(`${HOME}/etc/shared`, { recursive: true });
    if (arConf !== undefined) this.volume.writeFileSync(`${HOME}/etc/shared/ar.conf`, arConf);
    this.volume.writeFileSync(`${HOME}/etc/ossec.conf`, ossecConf);
    if (settings !== undefined) {
      this.volume.mkdirSync(`${HOME}/${STATE}`, { mode: 0o700 });
      this.volume.writeFileSync(`${HOME}/${SETTINGS}`, JSON.stringify(settings), { mode: 0o600 });
    }
    const neighbours = bare ? [] : (other?.neighbours ?? NEIGHBOURS);
    for (const [tool, args, stdin] of [...(other?.setUp ?? []), ...neighbours]) {
      this.tool({ tool, args, ...(stdin !== undefined && { stdin }) });
    }
  }

  /** Runs one process; a `RunDied` rejection leaves all as it was at that moment. */
  async run<T>(program: string, work: (host: Host) => Promise<T>): Promise<T> {
    this.#processes += 1;
    const self = `1${this.#processes}-77-4026531836-boot`;
    this.#alive.add(self);
    try {
      return await new Promise<T>((resolve, reject) => {
        work(this.#ports(self, program, reject)).then(resolve, reject);
      });
    } finally {
      this.#alive.delete(self);
    }
  }

  #ports(self: string, program: string, die: (error: Error) => void): Host {
    const start = this.#now;
    const clock: Clock = {
      now: () => new Date(this.#now),
      elapsed: () => this.#now - start,
      sleep: async (milliseconds) => this.pass(milliseconds),
    };
    const files = this.files();
    const log = logTo(sinkInto(this.log), clock, program, `${HOME}/active-response/bin/${program}`);
    const processes = (): Processes => ({
      self,
      lives: async (names) => names.map((name) => (this.#alive.has(name) ? 'alive' : 'gone')),
      giveSign: async () => () => {},
      readSign: async () => 'unknown',
      describe: (name) => `process ${name}`,
    });
    // A tool that is missing for every command is missing for whoever looks for it.
    const locate = async (tool: string) =>
      this.faults(Number.POSITIVE_INFINITY, run(tool)) === 'missing' ? undefined : `/model/${tool}`;
    let place = -1;
    const door: Door = async (command, timeout, work, broken) => {
      place += 1;
      const fault = this.faults(place, command);
      if (fault === 'missing') {
        const text = `${command.tool} is not installed (looked in /model)`;
        throw new ActionError('missing-tool', text);
      }
      this.commands.push(spell(command));
      if (fault === 'died-before') return this.#died(die);
      if (fault === 'broken') return broken();
      if (fault === 'hanging') {
        this.pass(timeout);
        throw new Unfinished('timed-out', `${command.tool} did not end in time and was killed`);
      }
      this.pass(COST);
      const answer = await work();
      if (fault === 'died-after') return this.#died(die);
      if (fault === 'killed') {
        throw new Unfinished('tool-failed', `${command.tool} died of SIGKILL`);
      }
      return answer;
    };
    const complete = (command: Command, timeout: number): Promise<Completed> =>
      door(
        command,
        timeout,
        () => {
          const answer = this.tool(command);
          this.answers.push(`${answer.exitCode} ${answer.stderr.split('\n', 1)[0]}`.trim());
          return answer;
        },
        () => ({ exitCode: 3, stdout: '', stderr: 'broken\n' }),
      );
    return {
      runner: { locate, run: complete },
      clock,
      files,
      layout: UNIX,
      systemFiles: this.#shared.through(door, { home: HOME, files }, (answer) =>
        this.answers.push(answer),
      ),
      installation: this.daemons.through(door),
      surroundings: { lifelines: async () => LIFELINES, logins: async () => this.logins },
      names: namesIn(files, clock, log, {
        resolve: async (names) => {
          this.asked.push(...names);
          return new Map(names.map((name) => [name, this.hosts.get(name) ?? []]));
        },
      }),
      http: this.#services.through(door),
      signals: this.#suspects.through(door),
      vault: this.#threats.through(door),
      records: recordsIn(files, () => 'boot', clock),
      journal: journalIn(files),
      lock: lockIn(files, processes, clock),
      log,
      home: HOME,
      kernel: this.#kernel,
      system: this.platform,
    };
  }

  // Nothing of a dead run goes on: neither its next command nor any clean-up.
  #died(die: (error: Error) => void): Promise<never> {
    die(new RunDied('the run died'));
    return new Promise<never>(() => {});
  }

  /** Whether a tool has a model. */
  has(tool: string): boolean {
    return this.#models.some(({ tools }) => tools.includes(tool));
  }

  /** What the tool answers, with no fault in the way. */
  tool(command: Command): Completed {
    const declared = this.declared.run(command);
    if (declared) return declared;
    const model = this.#models.find(({ tools }) => tools.includes(command.tool));
    if (!model) throw new Error(`the model host has no ${command.tool}`);
    return model.run(command);
  }

  /** The real files port, over this host's volume. */
  files(): Files {
    const system = createFsFromVolume(this.volume) as unknown as FileSystem;
    return filesBelow(HOME, process.getuid?.() ?? 0, system);
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** What time it is, in milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** Paths of all files in the folder of our own. */
  own(): readonly string[] {
    return Object.keys(this.volume.toJSON())
      .filter((path) => path.startsWith(`${HOME}/${STATE}/`) && this.#isFile(path))
      .sort();
  }

  /** Whether the target is kept out, or slowed, by whatever means. */
  holds(target: string): boolean {
    return this.keepsOut(target) || this.#models.some((model) => model.slows?.(target));
  }

  /** Whether nothing of the target passes. */
  keepsOut(target: string): boolean {
    return this.#models.some((model) => model.holds(target));
  }

  /** Text of one file below the home. */
  file(path: string): string | undefined {
    const full = `${HOME}/${path}`;
    return this.volume.existsSync(full) ? String(this.volume.readFileSync(full)) : undefined;
  }

  /** The entries of the journal. */
  journal(): readonly Record<string, unknown>[] {
    const text = this.file(`${STATE}/journal.jsonl`) ?? '';
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Names of the records of what is held, and of the tickets of the lock. */
  records(): readonly string[] {
    const below = Object.keys(this.volume.toJSON());
    return below
      .filter((path) => /\/riposte\/(?:held|lock)\/.*[^/]$/.test(path) && this.#isFile(path))
      .sort();
  }

  #isFile(path: string): boolean {
    return this.volume.statSync(path).isFile();
  }

  /** The whole host as text, all but what only explains or orders: journal, log, line for the lock. */
  state(): string {
    return [
      ...this.#models.map((model) => model.listing()),
      this.#services.listing(),
      this.#suspects.listing(),
      this.#threats.listing(),
      ...this.records()
        .filter((path) => !path.includes('/lock/'))
        .map((path) => `${path}\n`),
    ].join('');
  }
}
