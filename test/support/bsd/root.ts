import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type LoggedOutcome, outcomesIn } from '../home.ts';
import { BSD, type BsdSystem } from '../model/bsd/host.ts';
import { filesOf, hostsOf } from '../model/bsd/others.ts';
import { installed } from '../net.ts';
import { type Call, type Settings, STAGE } from './settings.ts';
import type { Shared } from './setup.ts';
import { PLACES, type Tools, toolsOf } from './tools.ts';

const AS_ROOT = process.getuid?.() === 0;
const UNSHARE = [
  ...['unshare', ...(AS_ROOT ? [] : ['-U', '-r'])],
  ...['-m', '-n', '--propagation', 'private'],
];

/** Why no system can be played here, or nothing. */
export function noRoots(): string | undefined {
  const missing = ['unshare', 'mount', 'chroot', 'bash'].filter((tool) => !installed(tool));
  if (process.platform !== 'linux') return 'it needs Linux';
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const [command = '', ...words] = [...UNSHARE, 'true'];
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  return status === 0 ? undefined : `no namespaces on this machine: ${stderr.trim()}`;
}

/** How a program ended that was started there. */
export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is different from the usual. */
export interface Nature {
  readonly ipfw?: Settings['ipfw'];
  /** Tools that are not there, beside those that the system never has. */
  readonly without?: readonly string[];
  /** Without the programs in the home. */
  readonly bare?: boolean;
}

/**
 * A root folder that is that of a Mac or a BSD as far as our programs can see: the folders of tools hold
 * doubles and nothing else, the runtime is where its packages put it, and there is no /proc. What is started
 * there has this folder for its root, so that the programs are, byte for byte, those that are delivered.
 */
export interface Root {
  readonly system: BsdSystem;
  /** As this machine sees it. */
  readonly folder: string;
  /** The agent's home, as it is seen from inside. */
  readonly home: string;
  /** The same as this machine sees it. */
  readonly outside: string;
  /** Words before a command that make it run there, in the home. */
  readonly enter: readonly string[];
  run(words: readonly string[], input?: string): Promise<Ran>;
  /** Calls since the last time it was asked. */
  calls(): readonly Call[];
  /** What the tools hold now. */
  tools(): Tools;
  /** Runs tools as an administrator would, unseen by `calls`. */
  administer(work: (tools: Tools) => void): void;
  break(faults: Settings['faults']): void;
  log(): string;
  outcomes(): readonly LoggedOutcome[];
  read(path: string): string;
  write(path: string, text: string): void;
  remove(): void;
}

const DIRECTORIES = [
  ...['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/lib', 'usr/local/bin', 'usr/pkg/bin'],
  ...['lib', 'lib64', 'dev', 'etc', 'var', 'Library', `${STAGE.slice(1)}/proc`],
];

/** Makes one, with an agent in it. */
export function makeRoot(system: BsdSystem, shared: Shared, nature: Nature = {}): Root {
  const folder = mkdtempSync(join(tmpdir(), `riposte-${system}-`));
  const at = (path: string) => join(folder, path);
  const home = system === 'macos' ? '/Library/Ossec' : '/var/ossec';
  for (const one of DIRECTORIES) mkdirSync(at(one), { recursive: true, mode: 0o755 });
  mkdirSync(at('tmp'), { mode: 0o1777 });
  const interpreter = system === 'netbsd' ? '/usr/pkg/bin/node' : '/usr/local/bin/node';
  const runtimes = [`${STAGE}/node`, ...(system === 'macos' ? [] : [interpreter])];
  for (const file of [...runtimes, `${STAGE}/bash`]) writeFileSync(at(file), '');
  furnish(system, shared, nature, at);
  settle(home, system, shared, nature, at);

  let settings: Settings = {
    system,
    ipfw: nature.ipfw ?? (system === 'macos' ? 'macos' : 12),
    faults: {},
  };
  const configure = () => writeFileSync(at(`${STAGE}/settings.json`), JSON.stringify(settings));
  const accounts = {
    read: () => (existsSync(at('etc/master.passwd')) ? read('etc/master.passwd') : ''),
    write: (text: string) => writeFileSync(at('etc/master.passwd'), text),
  };
  const read = (path: string) => readFileSync(at(path), 'utf8');
  const stateFile = `${STAGE}/state.json`;
  const tools = () => toolsOf(settings, JSON.parse(read(stateFile)), accounts);
  const administer = (work: (tools: Tools) => void) => {
    const now = tools();
    work(now);
    writeFileSync(at(stateFile), JSON.stringify(now.state));
  };
  configure();
  writeFileSync(at(stateFile), JSON.stringify(system === 'netbsd' ? { npf: NPF } : {}));
  writeFileSync(at(`${STAGE}/calls.jsonl`), '');
  administer(({ run }) => {
    for (const [tool, args, stdin] of BSD[system].setUp ?? []) {
      run({ tool, args, ...(stdin !== undefined && { stdin }) });
    }
  });

  const mounts = [
    ...runtimes.map((file) => `mount --bind ${shared.node} ${at(file)}`),
    `mount --bind ${shared.bash} ${at(`${STAGE}/bash`)}`,
    ...readdirSync(join(shared.folder, 'base')).map(
      (name) => `mount --bind ${join(shared.folder, 'base', name)} ${at(name)}`,
    ),
    `mount --rbind /proc ${at(`${STAGE}/proc`)}`,
    `mount --rbind /dev ${at('dev')}`,
    `exec chroot ${folder} ${STAGE}/bash --norc -c 'cd ${home} && exec "$@"' bash "$@"`,
  ];
  const enter = [...UNSHARE, 'sh', '-c', mounts.join(' && '), 'sh'];
  let told = 0;
  return {
    system,
    folder,
    home,
    outside: at(home),
    enter,
    tools,
    administer,
    read,
    async run(words, input = '') {
      const [file = '', ...args] = [...enter, ...words];
      const { exitCode, stdout, stderr } = await execa(file, args, {
        input,
        cwd: '/',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        extendEnv: false,
        reject: false,
        stripFinalNewline: false,
        timeout: 60_000,
      });
      return { exitCode, stdout, stderr };
    },
    calls() {
      const all = read(`${STAGE}/calls.jsonl`).split('\n').slice(0, -1);
      const fresh = all.slice(told).map((line): Call => JSON.parse(line));
      told = all.length;
      return fresh;
    },
    break(faults) {
      settings = { ...settings, faults };
      configure();
    },
    log() {
      const path = `${home}/logs/active-responses.log`;
      return existsSync(at(path)) ? read(path) : '';
    },
    outcomes() {
      return outcomesIn(this.log());
    },
    write: (path, text) => writeFileSync(at(path), text),
    // Nothing is mounted there but in namespaces that are gone.
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A configuration of npf with the table of upstream's page. */
const NPF = {
  active: true,
  tables: { wazuh_blacklist: [] },
  config: [
    'table <wazuh_blacklist> type ipset',
    'group default {',
    '\tblock in final from <wazuh_blacklist>',
    '\tblock out final to <wazuh_blacklist>',
    '\tpass final all',
    '}',
  ],
};

type At = (path: string) => string;

/** What a system has before an agent is installed. */
function furnish(system: BsdSystem, { folder }: Shared, nature: Nature, at: At): void {
  const files = { ...filesOf(system), ...hostsOf(system) };
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(at(path), text, { mode: path.endsWith('master.passwd') ? 0o600 : 0o644 });
  }
  writeFileSync(at('etc/hosts'), '127.0.0.1 localhost\n');
  writeFileSync(at('etc/resolv.conf'), 'nameserver 192.0.2.53\n');
  // A Mac has had no ipfw for long.
  const never = nature.ipfw === undefined && system === 'macos' ? ['ipfw'] : [];
  const double = join(folder, 'double');
  for (const [tool, place] of Object.entries(PLACES[system])) {
    if ([...never, ...(nature.without ?? [])].includes(tool)) continue;
    copyFileSync(double, at(`${place}/${tool}`));
  }
  if (system === 'macos') {
    copyFileSync(join(folder, system, 'program.cjs'), at(`${STAGE}/program.cjs`));
  }
  if (system === 'freebsd' || system === 'netbsd') writeFileSync(at('usr/lib/libwrap.so.6'), '');
}

/** The agent, with our programs as they are unpacked: one file under all names. */
function settle(home: string, system: BsdSystem, shared: Shared, nature: Nature, at: At): void {
  const bin = `${home}/active-response/bin`;
  for (const one of [bin, `${home}/logs`, `${home}/etc/shared`, `${home}/bin`]) {
    mkdirSync(at(one), { recursive: true, mode: 0o755 });
  }
  writeFileSync(at(`${home}/etc/ossec.conf`), '<ossec_config>\n</ossec_config>\n');
  writeFileSync(at(`${home}/etc/shared/ar.conf`), `${AR_CONF.join('\n')}\n`);
  const program = join(shared.folder, system, 'program');
  const [first = '', ...others] = nature.bare ? ['riposte'] : shared.names;
  const where = nature.bare ? '/tmp' : bin;
  copyFileSync(program, at(`${where}/${first}`));
  for (const name of others) linkSync(at(`${where}/${first}`), at(`${where}/${name}`));
}

const AR_CONF = ['restart-ossec0 - restart-ossec.sh - 0', 'firewall-drop600 - firewall-drop - 600'];
