import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Home, makeHome } from './home.ts';
import { installed, type Place, place } from './net.ts';

/** The programs that an agent keeps running, without their generation. */
export const PARTS = ['execd', 'agentd', 'syscheckd', 'logcollector', 'modulesd'] as const;

/** An agent of real processes, in namespaces of their own. */
export interface Agent extends AsyncDisposable {
  readonly home: Home;
  readonly at: Place;
  /** Hands a line to execd, which runs the program as its child and waits for it. */
  respond(program: string, message: string): Promise<void>;
  /** The number of a daemon's process inside; nothing where its file is not there. */
  pid(part: (typeof PARTS)[number]): number | undefined;
  /** The daemons that run, in the order of `PARTS`. */
  alive(): Promise<readonly string[]>;
  /** Text of a file below the home; empty where there is none. */
  read(path: string): string;
  write(path: string, text: string): void;
}

/** What is special about an agent. */
export interface Nature {
  readonly generation?: 'wazuh' | 'ossec';
  /** Whether a double of systemd runs it. */
  readonly systemd?: boolean;
}

const root = process.getuid?.() === 0;
const UNSHARE = ['unshare', ...(root ? [] : ['-U', '-r']), '-m', '-p', '--fork', '--mount-proc'];

/** Why there can be no such agents here, or nothing. */
export function noAgents(): string | undefined {
  const missing = ['unshare', 'nsenter', 'setsid', 'bash'].filter((tool) => !installed(tool));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const [command = '', ...args] = [...UNSHARE, 'true'];
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `no namespaces on this machine: ${stderr.trim()}`;
}

/** Installs one and starts it. All of it dies with its namespaces, however we end. */
export async function makeAgent({ generation = 'wazuh', systemd }: Nature = {}): Promise<Agent> {
  const home = await makeHome();
  const at = (...names: string[]) => join(home.path, ...names);
  for (const folder of ['bin', 'var/run', 'queue']) mkdirSync(at(folder), { recursive: true });
  // As where /var/ossec is a link to another disk, which is how systemd knows it then.
  symlinkSync(home.path, at('by-link'));
  const script = (name: string, from: string) => {
    const text = readFileSync(new URL(`agent/${from}.sh`, import.meta.url), 'utf8');
    writeFileSync(at(name), text.replace('@HOME@', at('by-link')));
    chmodSync(at(name), 0o750);
  };
  script(`bin/${generation}-control`, 'control');
  for (const part of PARTS) script(`bin/${generation}-${part}`, 'daemon');
  const double = systemd ? at('systemctl') : undefined;
  if (double) {
    script('systemctl', 'systemctl');
    writeFileSync(at('var/state'), 'active\n');
  }
  const holder = await hold(double);
  const inside = place('agent', entering(holder));
  // As a service manager starts it, and not as we would.
  const environment = ['env', '-i', 'PATH=/usr/local/bin:/usr/bin:/bin', 'sh', '-c'];
  await inside.must(
    [...environment, `umask 027 && exec bin/${generation}-control start > var/started`],
    {
      cwd: home.path,
    },
  );
  const read = (path: string) => {
    try {
      return readFileSync(at(path), 'utf8');
    } catch {
      return '';
    }
  };
  return {
    home,
    at: inside,
    respond: (program, message) => appendFile(at('queue/requests'), `${program} ${message}\n`),
    pid(part) {
      const mine = new RegExp(`^${generation}-${part}-(\\d+)\\.pid$`);
      const found = readdirSync(at('var/run')).map((name) => mine.exec(name)?.[1]);
      const number = found.find((digits) => digits !== undefined);
      return number === undefined ? undefined : Number(number);
    },
    async alive() {
      const { stdout } = await inside.run([`${home.path}/bin/${generation}-control`, 'status']);
      return PARTS.filter((part) => stdout.includes(`${generation}-${part} is running`));
    },
    read,
    write: (path, text) => writeFileSync(at(path), text),
    async [Symbol.asyncDispose]() {
      holder.stdin?.end();
      if (holder.exitCode === null) await new Promise((resolve) => holder.once('exit', resolve));
      await home.remove();
    },
  };
}

/** The first process of the namespaces: bash, since that one takes care of orphans. */
async function hold(double: string | undefined): Promise<ChildProcess> {
  const mount = double ? `mount --bind ${double} /usr/bin/systemctl && ` : '';
  const [command = '', ...args] = [...UNSHARE, 'bash', '-c', `${mount}echo up && read -r`];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('no private namespaces')));
  });
  return child;
}

const entering = ({ pid }: ChildProcess): readonly string[] => {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const spaces = `/proc/${first}/ns`;
  const user = root ? [] : [`--user=${spaces}/user`, '--preserve-credentials'];
  return ['nsenter', ...user, `--mount=${spaces}/mnt`, `--pid=${spaces}/pid`, '--'];
};
