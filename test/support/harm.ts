import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spellEntry } from '../../src/lib/record.ts';
import type { AccountHost } from './accounts.ts';
import { type Ask, PROTOCOLS, type Protocol } from './callers.ts';
import { type BackendName, PROBES } from './firewall.ts';
import { type Home, outcomesIn } from './home.ts';
import type { Place, Ran } from './net.ts';

/** One way to block something, and how the system's own tools show it. */
export interface Kind {
  readonly name: string;
  readonly program: string;
  /** The name that records have of it. */
  readonly backend: string;
  /** Whether the caller has to say that it is to be this one. */
  readonly forced: boolean;
  readonly subject: 'srcip' | 'user';
  /** Whether it leaves a mark, by which it is listed and undone without a record. */
  readonly marked: boolean;
  /** Whether nothing is done without a record. */
  readonly recordsFirst: boolean;
  /** Whether the system itself ends it. */
  readonly enforced: boolean;
  readonly holds: (at: Place, target: string) => Promise<boolean>;
}

const firewall = (backend: BackendName): Kind => ({
  name: `firewall-drop by ${backend}`,
  program: 'firewall-drop',
  backend,
  forced: backend !== 'nft',
  subject: 'srcip',
  marked: true,
  recordsFirst: backend !== 'nft',
  enforced: backend !== 'iptables',
  holds: async (at, target) => {
    const { blocked } = PROBES[backend];
    const all = [...(await blocked(at, 4)), ...(await blocked(at, 4, 'manual'))];
    return all.some(({ address }) => address === target);
  },
});

const byText = async (at: Place, argv: readonly string[], text: string) =>
  (await at.run(argv)).stdout.split('\n').some((line) => line.startsWith(text));

/** Every way whose undo rests on something else. */
export const KINDS: readonly Kind[] = [
  firewall('nft'),
  firewall('ipset'),
  firewall('iptables'),
  {
    name: 'route-null',
    program: 'route-null',
    backend: 'ip-route',
    forced: false,
    subject: 'srcip',
    marked: true,
    recordsFirst: false,
    enforced: false,
    holds: (at, target) =>
      byText(at, ['ip', 'route', 'show', 'table', '182'], `blackhole ${target} `),
  },
  {
    name: 'host-deny',
    program: 'host-deny',
    backend: 'hosts-deny',
    forced: false,
    subject: 'srcip',
    marked: true,
    recordsFirst: true,
    enforced: false,
    holds: (at, target) => byText(at, ['cat', '/etc/hosts.deny'], `ALL: ${target}`),
  },
  {
    name: 'disable-account',
    program: 'disable-account',
    backend: 'usermod',
    forced: false,
    subject: 'user',
    marked: false,
    recordsFirst: true,
    enforced: false,
    holds: (at, target) => byText(at, ['cat', '/etc/shadow'], `${target}:!`),
  },
];

/** A run that ended as every run must: soon, and without a word of a defect. */
export interface Ended extends Ran {
  /** All that it said: standard error, and its lines in the log. */
  readonly said: string;
}

/** What happens to the files of one agent. */
export class Stage {
  readonly home: Home;
  readonly #host: AccountHost;
  readonly #kind: Kind;

  constructor(host: AccountHost, home: Home, kind: Kind) {
    this.#host = host;
    this.home = home;
    this.#kind = kind;
  }

  /** The folder of our own below the home. */
  get state(): string {
    return join(this.home.path, 'active-response/riposte');
  }

  /** A target that nobody used before. */
  fresh = (): Promise<string> => freshTarget(this.#host, this.#kind.subject);

  holds = (target: string): Promise<boolean> => this.#kind.holds(this.#host.at, target);

  /** The protocols of agents in which this way can be asked for. */
  get protocols(): readonly Protocol[] {
    const agents = PROTOCOLS.filter(({ name }) => name !== 'manual');
    return agents.filter(({ chooses }) => chooses || !this.#kind.forced);
  }

  /** A run as the agent makes it. */
  async agent(
    verb: 'add' | 'delete',
    target: string,
    { name, reply }: Pick<Protocol, 'name' | 'reply'> = PROTOCOLS[0] as Protocol,
    path = `${this.home.path}/active-response/bin/${this.#kind.program}`,
    cwd = this.home.path,
  ): Promise<Ended> {
    const { program, subject, forced, backend } = this.#kind;
    if (name === 'legacy') {
      const [user, ip] = subject === 'user' ? [target, '-'] : ['-', target];
      const words = [verb, user, ip, '1304756247.60385', '31151', '/var/log/auth.log', '-'];
      return this.#ended([path, ...words], { cwd: '/' });
    }
    const ask: Ask = { program, verb, subject, text: target, ...(forced && { backend }) };
    const first = name === 'wazuh4' ? verb : verb === 'add' ? 'enable' : 'disable';
    const lines = [first, ...(verb === 'add' ? ['continue'] : [])].map((word) => reply(ask, word));
    return this.#ended([path], { cwd, input: `${lines.join('\n')}\n` });
  }

  /** A run by hand. */
  hand(verb: 'add' | 'delete', target: string, ...words: string[]): Promise<Ended> {
    const { program, subject, forced, backend } = this.#kind;
    const path = `${this.home.path}/active-response/bin/${program}`;
    const choice = forced && verb === 'add' ? ['--backend', backend] : [];
    return this.#ended([path, verb, `--${subject}`, target, ...choice, ...words]);
  }

  /** `riposte WORDS…`. */
  riposte = (...words: string[]): Promise<Ended> =>
    this.#ended([`${this.home.path}/active-response/bin/riposte`, ...words]);

  /** The file that is the record of a target. */
  record(target: string): string {
    const held = join(this.state, 'held', this.#kind.program);
    const names = readdirSync(held, { recursive: true, encoding: 'utf8' });
    const name = names.find((one) => one.includes(`/${target}@`));
    if (name === undefined) throw new Error(`no record of ${target}`);
    return join(held, name);
  }

  /** Makes a block look as if its time had been over for a day. */
  outlive(target: string): void {
    const path = this.record(target);
    const { sum: _, boot, ...entry } = JSON.parse(readFileSync(path, 'utf8'));
    const until = new Date(Date.now() - 86_400_000).toISOString();
    writeFileSync(path, spellEntry({ ...entry, until }, boot, 0).text);
    utimesSync(path, new Date(until), new Date(until));
  }

  /** Runs a script as root, where the mounts are; `$1` is the home and `$2` the state folder. */
  async script(text: string): Promise<string> {
    return this.#host.at.must(['sh', '-euc', text, 'sh', this.home.path, this.state]);
  }

  /** Any run of our programs. */
  run = (argv: readonly string[]): Promise<Ended> => this.#ended(argv);

  async #ended(argv: readonly string[], options: { cwd?: string; input?: string } = {}) {
    const before = this.home.log().length;
    const ran = await this.#host.at.run(argv, options);
    const said = `${ran.stderr}\n${this.home.log().slice(before)}`;
    const defect =
      ran.exitCode === 70 || ran.exitCode < 0 || /internal|unexpected|\n {4}at /.test(said);
    if (defect || ran.ms > 10_000) {
      throw new Error(`${argv.join(' ')} ended with ${ran.exitCode} in ${ran.ms} ms: ${said}`);
    }
    return { ...ran, said };
  }
}

/** The last outcome line in what a run said, or the words of one for people. */
export function outcomeOf({ said }: Ended): string | undefined {
  return outcomesIn(said).at(-1)?.outcome ?? /^([a-z-]+): /m.exec(said)?.[1];
}

let used = 0;

async function freshTarget({ at }: AccountHost, subject: Kind['subject']): Promise<string> {
  used += 1;
  const number = used;
  if (subject === 'srcip') return `198.18.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  const name = `riposte${number}`;
  const script = `echo "$1:x:$2:100::/nowhere:/bin/sh" >> /etc/passwd
    echo "$1:\\$6\\$salt\\$hash:19000:0:99999:7:::" >> /etc/shadow`;
  await at.must(['sh', '-euc', script, 'sh', name, String(50_000 + number)]);
  return name;
}

/** Something that befalls an agent's files. */
export interface Harm {
  /** Scripts for `Stage.script`. */
  readonly lay: string;
  readonly lift: string;
  /** Whether the records that there were can be read. */
  readonly readable: boolean;
  /** Whether they can be removed. */
  readonly removable: boolean;
}

/** The state folder on a file system of its own, with what was in it. */
const onItsOwn = (options: string) => `cp -a "$2" "$2.before"
  mount -t tmpfs -o mode=0700,${options} tmpfs "$2"
  cp -a "$2.before/." "$2"`;
const OFF = 'umount "$2"; rm -rf "$2.before"';

const readOnly = (folder: string): Harm => ({
  lay: `mount --bind "${folder}" "${folder}"; mount -o remount,ro,bind "${folder}"`,
  lift: `umount "${folder}"`,
  readable: true,
  removable: false,
});

const untrusted = (lay: string, lift: string): Harm => ({
  lay,
  lift,
  readable: false,
  removable: false,
});

/** What may keep anything from being written down. */
export const HARMS: Readonly<Record<string, Harm>> = {
  'a full disk': {
    lay: `${onItsOwn('size=512k')}; cat /dev/zero > "$2/filler" 2> /dev/null || :`,
    lift: OFF,
    readable: true,
    removable: true,
  },
  'a disk that takes no more files': {
    lay: `${onItsOwn('nr_inodes=1k')}
      seq 1100 | (cd "$2"; xargs touch 2> /dev/null || :)`,
    lift: OFF,
    readable: true,
    removable: true,
  },
  'a read-only home': readOnly('$1'),
  'a read-only state folder': readOnly('$2'),
  'an immutable state folder': {
    lay: 'chattr -R +i "$2"',
    lift: 'chattr -R -i "$2"',
    readable: true,
    removable: false,
  },
  'a state folder of somebody else': untrusted('chown 65534:65534 "$2"', 'chown 0:0 "$2"'),
  'a state folder that everybody may write': untrusted('chmod 0777 "$2"', 'chmod 0700 "$2"'),
  'a link in its place': untrusted(
    'mv "$2" "$2.real"; ln -s "$2.real" "$2"',
    'rm "$2"; mv "$2.real" "$2"',
  ),
  'a file in its place': untrusted('mv "$2" "$2.real"; : > "$2"', 'rm "$2"; mv "$2.real" "$2"'),
};
