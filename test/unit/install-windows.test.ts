import { createFsFromVolume, type DirectoryJSON, Volume } from 'memfs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Naming } from '../../src/cli/install/platform.ts';
import { ASIDE, namingOn } from '../../src/cli/install/windows-naming.ts';
import { creation, isFor, lineFor, NAME, TASK } from '../../src/cli/install/windows-task.ts';
import type { Command, Completed } from '../../src/lib/effect.ts';
import type { Host } from '../../src/lib/host.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import { joined, takenApart } from '../support/command-line.ts';
import { RecordingRunner } from '../support/recording-runner.ts';

type System = Parameters<typeof namingOn>[0];

/** Files of Windows: what runs can be given another name, and be neither replaced nor removed. */
class Files {
  readonly volume: Volume;
  /** Contents of programs that run. */
  readonly running = new Set<string>();
  linkless = false;
  /** Names that nothing can be given. */
  readonly closed = new Set<string>();

  constructor(files: DirectoryJSON) {
    this.volume = Volume.fromJSON(files);
  }

  get system(): System {
    const { volume, running } = this;
    const runs = (path: string) =>
      volume.existsSync(path) && running.has(String(volume.readFileSync(path)));
    const no = (code: string) => Object.assign(new Error(code), { code });
    const changed = {
      renameSync: (from: string, to: string) => {
        if (runs(to) || [...this.closed].some((one) => to.startsWith(one))) throw no('EPERM');
        volume.renameSync(from, to);
      },
      unlinkSync: (path: string) => {
        if (runs(path)) throw no('EPERM');
        volume.unlinkSync(path);
      },
      linkSync: (from: string, to: string) => {
        if (this.linkless) throw no('EISDIR');
        volume.linkSync(from, to);
      },
    };
    return Object.assign(createFsFromVolume(volume), changed) as unknown as System;
  }

  get all(): DirectoryJSON {
    return this.volume.toJSON();
  }
}

describe('names on Windows', () => {
  let files: Files;
  let naming: Naming;
  const start = (json: DirectoryJSON) => {
    files = new Files({ '/tmp/x': '', ...json });
    naming = namingOn(files.system, () => '/tmp');
  };
  const names = (folder: string) => (files.volume.readdirSync(folder) as string[]).sort();
  const asides = (folder: string) => names(folder).filter((name) => name.startsWith(ASIDE));

  it('are replaced like anywhere where nothing runs', () => {
    start({ '/b/a': 'old', '/b/n': 'new' });
    naming.move('/b/n', '/b/a');
    expect(files.all).toEqual({ '/b/a': 'new', '/tmp/x': '' });
  });

  it('are replaced under a program that runs, which steps aside and goes later', () => {
    start({ '/b/a': 'old', '/b/n': 'new' });
    files.running.add('old');
    naming.move('/b/n', '/b/a');
    expect(files.all['/b/a']).toBe('new');
    expect(naming.tidy('/b')).toHaveLength(1);
    files.running.clear();
    expect(naming.tidy('/b')).toEqual([]);
    expect(names('/b')).toEqual(['a']);
  });

  it('stay what they were where the new one cannot take its place', () => {
    start({ '/b/a': 'old' });
    files.running.add('old');
    expect(() => naming.move('/b/none', '/b/a')).toThrow('ENOENT');
    expect(names('/b')).toEqual(['a']);
    expect(files.all['/b/a']).toBe('old');
  });

  it('are not touched for what could not go there anyway', () => {
    start({ '/b/n': 'new' });
    files.closed.add('/b/a');
    expect(() => naming.move('/b/n', '/b/a')).toThrow('EPERM');
    expect(names('/b')).toEqual(['n']);
  });

  it('go at once, or step aside and are brought away', () => {
    start({ '/b/a': 'idle', '/b/r': 'runs', '/b/s': 'runs' });
    files.running.add('runs');
    for (const name of ['a', 'r', 's']) naming.remove(`/b/${name}`);
    expect(names('/b')).toEqual(asides('/b'));
    const left = naming.tidy('/b');
    expect(left).toHaveLength(2);
    const [away = '', ...stay] = naming.evict(left);
    expect(stay).toEqual([]);
    expect(away).toMatch(/^\/tmp\/riposte-/);
    expect(names(away)).toHaveLength(2);
    expect(names('/b')).toEqual([]);
    expect(naming.evict([])).toEqual([]);
  });

  it('stay beside where there is no other place for what runs', () => {
    start({ '/b/r': 'runs' });
    files.running.add('runs');
    naming.remove('/b/r');
    const left = naming.tidy('/b');
    files.closed.add('/tmp');
    const other = namingOn(files.system, () => '/tmp');
    expect(other.evict(left)).toEqual(left);
    expect(names('/tmp')).toEqual(['x']);
  });

  it('are copies where a file has but one', () => {
    start({ '/b/n': 'new' });
    files.linkless = true;
    naming.add('/b/n', '/b/a');
    expect(files.all).toMatchObject({ '/b/n': 'new', '/b/a': 'new' });
    expect(files.volume.statSync('/b/a').ino).not.toBe(files.volume.statSync('/b/n').ino);
    expect(() => naming.add('/b/n', '/b/a')).toThrow('EEXIST');
    files.linkless = false;
    naming.add('/b/n', '/b/l');
    expect(files.volume.statSync('/b/l').ino).toBe(files.volume.statSync('/b/n').ino);
  });
});

const HOME = 'C:/Program Files (x86)/ossec-agent';
const PROGRAM = 'C:\\Program Files (x86)\\ossec-agent\\active-response\\bin\\riposte.exe';

describe('the task of Windows', () => {
  it.each([
    [HOME, PROGRAM, 'C:\\Program Files (x86)\\ossec-agent'],
    ['D:/a b/', 'D:\\a b\\active-response\\bin\\riposte.exe', 'D:\\a b'],
    ['D:/', 'D:\\active-response\\bin\\riposte.exe', 'D:\\.'],
    ['C:/ünï 日本', 'C:\\ünï 日本\\active-response\\bin\\riposte.exe', 'C:\\ünï 日本'],
  ])('runs a sweep for %s, whatever is in the path', (home, program, place) => {
    const { tool, args } = creation(home);
    // Once by the tool, once by the program that the task starts.
    const words = takenApart([tool, ...args].map(joined).join(' '));
    expect(words).toEqual(args);
    const line = words[words.indexOf('/tr') + 1] ?? '';
    expect(line).toBe(lineFor(home));
    expect(/^"([^"]*)"/.exec(line)?.[1]).toBe(program);
    expect(takenApart(line)).toEqual(['sweep', '--quiet', '--home', place]);
  });

  it('is SYSTEM’s, every five minutes, and may be made anew', () => {
    expect(creation(HOME).args.filter((word) => word !== lineFor(HOME))).toEqual([
      '/create',
      '/tn',
      NAME,
      '/tr',
      '/sc',
      'minute',
      '/mo',
      '5',
      '/ru',
      'SYSTEM',
      '/f',
    ]);
  });

  it.each([
    [`C:/${'long/'.repeat(30)}`, /characters, and schtasks takes 261/],
    ['C:/100%', /could not hold/],
    ['C:/$(Arg0)', /could not hold/],
  ])('cannot be for %s', (home, why) => {
    expect(TASK.obstacle(home)).toMatch(why);
    expect(TASK.obstacle(HOME)).toBeUndefined();
  });

  const xml = (command: string) => `<?xml?>\r\n<Exec>\r\n<Command>${command}</Command></Exec>`;

  it('is told from tasks of others by what it runs', () => {
    expect(isFor(HOME, xml(`"${PROGRAM}"`))).toBe(true);
    expect(isFor(HOME, xml(`&quot;${PROGRAM.toUpperCase()}&quot;`))).toBe(true);
    expect(isFor(HOME, xml(PROGRAM))).toBe(true);
    expect(isFor('C:/a & b', xml('"C:\\a &amp; b\\active-response\\bin\\riposte.exe"'))).toBe(true);
    // The tool prints what is not ASCII in characters of the system's own.
    expect(isFor('C:/ünï', xml('"C:\\\ufffdn\ufffd\\active-response\\bin\\riposte.exe"'))).toBe(
      true,
    );
    expect(isFor(HOME, xml('"D:\\ossec-agent\\active-response\\bin\\riposte.exe"'))).toBe(false);
    expect(isFor(HOME, '')).toBe(false);
  });
});

describe('schtasks', () => {
  let calls: string[][];
  let answers: Record<string, Partial<Completed>>;
  const host = () =>
    ({
      runner: new RecordingRunner({
        schtasks: ({ args }: Command) => {
          calls.push([...args]);
          return answers[args[0] ?? ''] ?? {};
        },
      }),
    }) as unknown as Host;
  const ours = { stdout: `<Command>"${PROGRAM}"</Command>` };
  beforeEach(() => {
    calls = [];
    answers = { '/query': { exitCode: 1 } };
  });

  it('makes the task where there is none, or one of ours', async () => {
    await TASK.set(HOME, host());
    answers['/query'] = ours;
    await TASK.set(HOME, host());
    expect(calls.filter(([verb]) => verb === '/create')).toHaveLength(2);
  });

  it('leaves the task of somebody else', async () => {
    answers['/query'] = { stdout: '<Command>"C:\\other.exe"</Command>' };
    await expect(TASK.set(HOME, host())).rejects.toMatchObject({ kind: 'not-ours' });
    expect(await TASK.has(HOME, host())).toBe(false);
    expect(await TASK.remove(HOME, host())).toEqual([]);
    expect(calls.every(([verb]) => verb === '/query')).toBe(true);
  });

  it('takes ours away', async () => {
    answers['/query'] = ours;
    expect(await TASK.has(HOME, host())).toBe(true);
    expect(await TASK.remove(HOME, host())).toEqual(TASK.parts());
    expect(calls.at(-1)).toEqual(['/delete', '/tn', NAME, '/f']);
  });

  it('fails with its own words', async () => {
    answers['/create'] = { exitCode: 1, stderr: 'ERROR: Access is denied.' };
    const failed = TASK.set(HOME, host());
    await expect(failed).rejects.toThrow(ActionError);
    await expect(failed).rejects.toThrow(/answered 1: ERROR: Access is denied/);
  });
});
