import { join } from 'node:path';
import { execa } from 'execa';
import { type Ended, start } from '../support/execd/program.ts';
import { execd, type JsonAgent } from '../support/execd.ts';
import { makeHome } from '../support/home.ts';
import { installPeer } from './peer.ts';

/** One way to block an address, in a network of its own. */
export interface Contender {
  /** Puts that many other addresses in place, in the contender's own representation. */
  fill(count: number): Promise<void>;
  /** Blocks an address; milliseconds from the start of the first process to the end of the last. */
  add(ip: string): Promise<number>;
  remove(ip: string): Promise<number>;
  /** Addresses in place. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/** A contender that an agent can drive. */
export interface Driven extends Contender {
  readonly agent: JsonAgent;
  message(ip: string): Readonly<Record<string, unknown>>;
}

/** The addresses that are in place: none of them is one that is measured. */
const filler = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);

const pipe = (input: string, file: string, ...args: string[]) => execa(file, args, { input });

function succeeded(run: Ended): number {
  if (run.exitCode !== 0) throw new Error(`a measured command answered ${run.exitCode}`);
  return run.milliseconds;
}

/** One plain process, measured like every other. */
async function plain(path: string, ...args: string[]): Promise<number> {
  const what = { path, args, cwd: '/', enter: [], environment: process.env };
  return succeeded(await start(what, ['ignore', 'ignore', 'ignore'], 60_000).ended);
}

async function countElements(table: string, set: string): Promise<number> {
  const { stdout } = await execa('nft', ['-j', 'list', 'set', 'inet', table, set]);
  const { nftables } = JSON.parse(stdout) as { nftables: { set?: { elem?: unknown[] } }[] };
  return nftables.reduce((sum, { set }) => sum + (set?.elem?.length ?? 0), 0);
}

const fillSet = (table: string, set: string, count: number) =>
  pipe(`add element inet ${table} ${set} { ${filler(count).join(', ')} }\n`, 'nft', '-f', '-');

async function fillRules(count: number): Promise<void> {
  const rules = filler(count).flatMap((ip) => [
    `-A INPUT -s ${ip}/32 -j DROP`,
    `-A FORWARD -s ${ip}/32 -j DROP`,
  ]);
  await pipe(['*filter', ...rules, 'COMMIT', ''].join('\n'), 'iptables-restore', '-n');
}

async function countRules(): Promise<number> {
  const { stdout } = await execa('iptables', ['-S', 'INPUT']);
  return stdout.split('\n').filter((line) => line.endsWith('-j DROP')).length;
}

/** The floor: one element, one process, nothing around it. */
async function nftElement(): Promise<Contender> {
  const set = 'add set inet bench s { type ipv4_addr; size 1000000; flags timeout; }';
  const rule = 'add rule inet bench c ip saddr @s drop';
  const chain = 'add chain inet bench c { type filter hook prerouting priority -300; }';
  await pipe(['add table inet bench', set, chain, rule, ''].join('\n'), 'nft', '-f', '-');
  const element = (verb: string, ip: string) =>
    plain('nft', verb, 'element', 'inet', 'bench', 's', `{ ${ip} }`);
  return {
    fill: async (count) => void (count > 0 && (await fillSet('bench', 's', count))),
    add: (ip) => element('add', ip),
    remove: (ip) => element('delete', ip),
    count: () => countElements('bench', 's'),
    close: async () => {},
  };
}

/** What the stock program does to the firewall, without the program. */
async function twoRules(): Promise<Contender> {
  const rules = async (verb: string, ip: string) => {
    const input = await plain('iptables', verb, 'INPUT', '-s', ip, '-j', 'DROP');
    return input + (await plain('iptables', verb, 'FORWARD', '-s', ip, '-j', 'DROP'));
  };
  return {
    fill: fillRules,
    add: (ip) => rules('-I', ip),
    remove: (ip) => rules('-D', ip),
    count: countRules,
    close: async () => {},
  };
}

async function driven(
  program: string,
  furnish: (bin: string) => Promise<unknown>,
  rest: (run: Pick<Contender, 'add' | 'remove'>) => Pick<Contender, 'fill' | 'count'>,
): Promise<Driven> {
  const home = await makeHome();
  await furnish(join(home.path, 'active-response/bin'));
  const agent = execd({ home: home.path, dialect: 'wazuh4', program, environment: process.env });
  const add = async (ip: string) => succeeded(await agent.add(sshAlert(ip)));
  const remove = async (ip: string) => succeeded(await agent.delete(sshAlert(ip)));
  return {
    ...rest({ add, remove }),
    agent,
    message: sshAlert,
    add,
    remove,
    close: () => home.remove(),
  };
}

/** The built program, the way an agent runs it. */
const firewallDrop = () =>
  driven(
    'firewall-drop',
    async () => {},
    ({ add, remove }) => ({
      async fill(count) {
        // The first add lays the table; the rest is the same in one go.
        await add('192.0.2.1');
        await remove('192.0.2.1');
        if (count > 0) await fillSet('riposte', 'firewall-drop4', count);
      },
      count: () => countElements('riposte', 'firewall-drop4'),
    }),
  );

/** The stand-in for the stock program, the way an agent runs it. */
const peer = () =>
  driven(
    'peer',
    (bin) => installPeer(join(bin, 'peer')),
    () => ({ fill: fillRules, count: countRules }),
  );

/** All contenders, in the order of the table. */
export const CONTENDERS = {
  'firewall-drop': firewallDrop,
  'iptables-rules peer': peer,
  'nft add element': nftElement,
  'iptables -I, twice': twoRules,
} as const satisfies Record<string, () => Promise<Contender>>;

/** The name of a contender. */
export type Name = keyof typeof CONTENDERS;

/** Contenders that an agent can drive. */
export const DRIVEN = {
  'firewall-drop': firewallDrop,
  'iptables-rules peer': peer,
} as const satisfies Partial<Record<Name, () => Promise<Driven>>>;

const sshAlert = (ip: string) => ({
  version: 1,
  origin: { name: 'node01', module: 'wazuh-execd' },
  command: 'add',
  parameters: {
    extra_args: [],
    alert: {
      timestamp: '2026-02-03T10:11:12.345+0000',
      rule: {
        level: 5,
        description: 'sshd: Attempt to login using a non-existent user',
        id: '5710',
        mitre: { id: ['T1110.001'], tactic: ['Credential Access'], technique: ['Guessing'] },
        firedtimes: 3,
        groups: ['syslog', 'sshd', 'authentication_failed', 'invalid_login'],
      },
      agent: { id: '001', name: 'web01', ip: '10.0.0.21' },
      manager: { name: 'wazuh-manager' },
      id: '1770113472.345678',
      full_log: `Feb  3 10:11:12 web01 sshd[1631]: Invalid user blimey from ${ip} port 48928`,
      decoder: { parent: 'sshd', name: 'sshd' },
      data: { srcip: ip, srcport: '48928', srcuser: 'blimey' },
      location: '/var/log/auth.log',
    },
  },
});
