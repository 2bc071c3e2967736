import { createHash } from 'node:crypto';
import {
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { takenApart } from '../support/command-line.ts';
import type { Ran } from '../support/windows/client.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { makeNetwork, type Network } from '../support/windows/network.ts';
import { elevate, icacls, PROGRAM, personAt } from '../support/windows/people.ts';

const lane = windowsLane();
const STOCK = ['netsh.exe', 'restart-wazuh.exe', 'route-null.exe'];
const LATELY = 1_780_000_000;
const TEMPORARY = 'C:\\windows\\temp';

let home: WindowsHome;
let network: Network;
let before: string;

beforeEach(async () => {
  home = makeWindowsHome(lane.windows);
  const bin = home.at('active-response/bin');
  for (const name of readdirSync(bin)) rmSync(join(bin, name));
  for (const name of STOCK) writeFileSync(join(bin, name), `the agent's own ${name}`);
  rmSync(home.at('active-response/active-responses.log'));
  for (const folder of [bin, home.at('active-response')]) utimesSync(folder, LATELY, LATELY);
  network = await makeNetwork(lane);
  lane.doubles.answer('icacls', icacls(lane));
  lane.doubles.answer('schtasks', () => ({ exitCode: 1 }));
  before = print();
});

/** All that there is below the home, file by file: what it is, what it holds, when it was changed. */
function print(): string {
  const names = readdirSync(home.linux, { recursive: true, encoding: 'utf8' }).sort();
  const lines = names.map((name) => {
    const path = join(home.linux, name);
    const { ino, mtimeNs } = lstatSync(path, { bigint: true });
    if (statSync(path).isDirectory()) return `${name}/ ${mtimeNs}`;
    return `${name} ${ino} ${mtimeNs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  });
  return lines.join('\n');
}

const run = (...args: string[]): Promise<Ran> => lane.windows.run({ file: PROGRAM, args });
const person = (name: string, ...args: string[]) => personAt(lane, home)(name, ...args);
const programs = () => readdirSync(home.at('active-response/bin')).sort();
const identity = (name: string) => statSync(home.at('active-response/bin', name)).ino;
const well = async (ran: Promise<Ran>) => {
  const { exitCode, stdout, stderr } = await ran;
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  return stdout;
};

describe('riposte install', () => {
  it('puts all names there, as one file, and uninstall leaves the tree as it was', async () => {
    const said = await well(run('install'));
    expect(said).toMatch(/replaced +netsh.exe, restart-wazuh.exe, route-null.exe/);
    expect(programs()).toEqual(
      [
        ...['block-ip.exe', 'disable-account.exe', 'firewall-drop.cmd', 'netsh-win-2016.cmd'],
        ...['netsh.cmd', 'netsh.exe', 'restart-ossec.cmd', 'restart-wazuh.exe', 'riposte.exe'],
        ...['route-null-2012.cmd', 'route-null.cmd', 'route-null.exe'],
      ].sort(),
    );
    expect(new Set(programs().map(identity)).size).toBe(1);
    expect((await person('netsh.exe', '--version')).stdout).toMatch(/^\d+\.\d+\.\d+/);
    expect(await well(run('uninstall'))).toMatch(
      /back +netsh.exe, restart-wazuh.exe, route-null.exe/,
    );
    expect(print()).toBe(before);
  });

  it('changes nothing where it is only to say what it would do', async () => {
    const said = await well(run('install', '--dry-run', '--only', 'NETSH,Block-IP.exe'));
    expect(said).toMatch(/replace +netsh.exe\n/);
    expect(said).toMatch(/add +riposte.exe, block-ip.exe\n/);
    expect(print()).toBe(before);
  });

  it('is for administrators at an elevated prompt', async ({ skip, onTestFinished }) => {
    if (process.geteuid?.() === 0) skip('nothing can be closed to root');
    onTestFinished(() => elevate(lane, true));
    elevate(lane, false);
    for (const words of [['install'], ['uninstall'], ['install', '--dry-run']]) {
      const { exitCode, stderr } = await run(...words);
      expect(exitCode).toBe(5);
      expect(stderr).toContain('run it from an elevated prompt');
    }
    expect(programs()).toEqual(STOCK);
  });

  it('replaces a program that runs, which goes once it has ended', async () => {
    await well(run('install', '--only', 'netsh'));
    const first = identity('netsh.exe');
    const { promise, resolve } = Promise.withResolvers<void>();
    lane.doubles.answer('netsh', async (call) => {
      await promise;
      return network.firewall.tool(call);
    });
    const busy = lane.windows.spawn({
      file: home.program('netsh.exe'),
      args: ['add', '--srcip', '203.0.113.7'],
    });
    while (lane.doubles.called('netsh').length === 0) {
      await new Promise((done) => setTimeout(done, 50));
    }
    await well(run('install'));
    expect(identity('netsh.exe')).not.toBe(first);
    expect(programs().filter((name) => name.startsWith('.riposte.old.'))).not.toEqual([]);
    const { stdout } = await person('riposte.exe', 'doctor', 'netsh', '--json');
    expect(stdout).toContain('former programs that ran while they were replaced');
    resolve();
    expect((await busy.ended).stderr).toBe('');
    await well(run('install'));
    expect(programs().filter((name) => name.startsWith('.'))).toEqual([]);
    await well(run('uninstall'));
    expect(network.firewall.rules.size).toBe(0);
    expect(programs()).toEqual(STOCK);
  });
});

describe('riposte uninstall', () => {
  it('by the installed program brings away what cannot remove itself', async () => {
    await well(run('install'));
    await well(person('netsh.exe', 'add', '--srcip', '203.0.113.7'));
    expect(network.firewall.rules.size).toBe(2);
    rmSync(home.at('active-response/active-responses.log'), { force: true });
    const said = await well(person('riposte.exe', 'uninstall'));
    expect(said).toContain('1 block was undone');
    const [, folder = ''] = /^ {2}(\S+): this still runs/m.exec(said) ?? [];
    expect(folder.toLowerCase()).toContain(TEMPORARY.toLowerCase());
    expect(readdirSync(lane.windows.linux(folder)).length).toBeGreaterThan(0);
    rmSync(lane.windows.linux(folder), { recursive: true });
    expect(network.firewall.rules.size).toBe(0);
    expect(print()).toBe(before);
  });

  it('can be a rehearsal', async () => {
    await well(run('install', '--only', 'netsh'));
    const installed = print();
    const said = await well(run('uninstall', '--dry-run'));
    expect(said).toMatch(/bring back +netsh.exe/);
    expect(print()).toBe(installed);
  });
});

describe('the timer', () => {
  const PROGRAM_THERE = `${'C:\\Program Files (x86)\\ossec-agent'}\\active-response\\bin\\riposte.exe`;
  const task = { stdout: `<?xml version="1.0"?>\r\n<Command>"${PROGRAM_THERE}"</Command>\r\n` };

  it('is a task of SYSTEM’s that runs a sweep, and goes again', async () => {
    let there = false;
    lane.doubles.answer('schtasks', ({ args: [verb] }) => {
      if (verb === '/create') there = true;
      if (verb === '/query') return there ? task : { exitCode: 1, stderr: 'FEHLER' };
      if (verb === '/delete') there = false;
      return {};
    });
    const said = await well(run('install', '--only', 'netsh', '--timer'));
    expect(said).toMatch(/written +the scheduled task "Riposte sweep"/);
    const creation = lane.doubles.calls.find(({ args }) => args[0] === '/create');
    // The C runtime and CommandLineToArgvW agree on what was said.
    expect(creation?.args).toEqual(creation?.words);
    const line = creation?.words[creation.words.indexOf('/tr') + 1] ?? '';
    expect(line.startsWith(`"${PROGRAM_THERE}" `)).toBe(true);
    expect(takenApart(line)).toEqual(['sweep', '--quiet', '--home', home.windows]);
    expect(await well(run('uninstall'))).toMatch(/removed +.*the scheduled task/);
    expect(there).toBe(false);
    expect(print()).toBe(before);
  });

  it('never takes the place of somebody else’s', async () => {
    lane.doubles.answer('schtasks', () => ({ stdout: '<Command>C:\\theirs.exe</Command>' }));
    const { stderr } = await run('install', '--only', 'netsh', '--timer');
    expect(stderr).toContain('not-ours: no timer: there is a task "Riposte sweep"');
    expect(lane.doubles.called('schtasks').every(([verb]) => verb === '/query')).toBe(true);
  });
});
