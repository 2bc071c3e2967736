import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inHome, type Stage } from './blocks.ts';

/** One call to the kernel at which something is killed: the n-th of that name. */
export interface Point {
  readonly call: string;
  readonly n: number;
  /** Whether the program dies there; otherwise a tool that it runs. */
  readonly program: boolean;
  /** For people: the call as strace shows it. */
  readonly shown: string;
}

// What changes anything, or begins and ends a tool. `clone` starts one, `wait4` is after its end.
const CHANGES = ['open', 'openat', 'creat', 'write', 'pwrite64', 'rename', 'renameat', 'renameat2'];
const NAMES = ['link', 'linkat', 'unlink', 'unlinkat', 'symlink', 'symlinkat', 'mkdir', 'mkdirat'];
const REST = [
  'fsync',
  'ftruncate',
  'utimensat',
  'fchmod',
  'chmod',
  'clone',
  'fork',
  'vfork',
  'wait4',
];
const CALLS = [...CHANGES, ...NAMES, ...REST];

// Names that one system has and another has not are passed over.
const traced = (calls: readonly string[]) => calls.map((call) => `?${call}`).join(',');

/** Calls that tools are killed at: where they change the names of files. */
const OF_TOOLS = /^(rename|link|unlink|execve)/;

interface Call {
  readonly pid: string;
  readonly name: string;
  readonly text: string;
  /** How many calls of that name its process had made by then, itself included. */
  readonly n: number;
}

/**
 * The points of a run at which it may be killed, in their order, as a run that is let live shows
 * them: from the first file below the home, or the first tool, to the end. Left out is what only
 * reads: who dies there leaves what it would have left at the next call that changes something.
 */
export async function pointsOf(
  stage: Stage,
  verb: 'add' | 'delete',
  target: string,
): Promise<readonly Point[]> {
  const { home, at, kind } = stage;
  const trace = join(home.path, 'trace');
  const { input } = stage.words(verb, target);
  const strace = ['strace', '-f', '-y', '-qq', '-e', 'signal=none', '-o', trace];
  const calls = ['-e', `trace=${traced([...CALLS, 'execve'])}`];
  const program = `active-response/bin/${kind.program}`;
  await at.must(inHome(home, [...strace, ...calls, program]), { input });
  const all = callsIn(await readFile(trace, 'utf8'));
  await rm(trace);
  const main = all[0]?.pid;
  const first = all.findIndex((call) => touchesHome(call, home.path) || isTool(call));
  const points = all.slice(first).flatMap(({ pid, name, text, n }): Point[] => {
    const shown = text.slice(0, 120);
    if (pid === main) return changes(name, text) ? [{ call: name, n, program: true, shown }] : [];
    return OF_TOOLS.test(name) ? [{ call: name, n, program: false, shown }] : [];
  });
  return points.filter((point, index) => points.findIndex((one) => same(one, point)) === index);
}

const same = (one: Point, other: Point) =>
  one.call === other.call && one.program === other.program && nameOf(one) === nameOf(other);

/** Tools are killed at the start by their names, whichever of them comes first. */
const nameOf = ({ call, n, program, shown }: Point): string =>
  !program && call === 'execve' ? toolIn(shown) : String(n);

const toolIn = (shown: string): string => /^execve\("([^"]+)"/.exec(shown)?.[1] ?? '';

function callsIn(trace: string): readonly Call[] {
  const counts = new Map<string, number>();
  return trace.split('\n').flatMap((line): Call[] => {
    const [, pid = '', text = '', name = ''] = /^(\d+) +((\w+)\(.*)$/.exec(line) ?? [];
    if (name === '') return [];
    const n = (counts.get(`${pid} ${name}`) ?? 0) + 1;
    counts.set(`${pid} ${name}`, n);
    return [{ pid, name, text, n }];
  });
}

const touchesHome = ({ text, name }: Call, home: string) =>
  name !== 'execve' && text.includes(`${home}/`) && !text.includes(`${home}/active-response/bin/`);

const isTool = ({ name, text }: Call) => name === 'clone' && !text.includes('CLONE_THREAD');

function changes(name: string, text: string): boolean {
  // What could not be done was not done.
  if (name === 'execve' || / = -1 E/.test(text)) return false;
  if (name.startsWith('open')) return text.includes('O_CREAT');
  // Threads of the runtime wake each other that way; the keys are told by 1.
  if (name === 'write')
    return /^write\(1</.test(text) || !/^write\(\d+<(pipe|anon_inode)/.test(text);
  return true;
}

/** How a run ended that was to be killed. */
export interface Killed {
  /** Whether the program itself was. */
  readonly died: boolean;
  /** Whether the agent had its keys, and so knows of a block. */
  readonly told: boolean;
}

/** Runs the program and kills it, or its tool, at a point. */
export async function killAt(
  stage: Stage,
  verb: 'add' | 'delete',
  target: string,
  { call, n, program, shown }: Point,
): Promise<Killed> {
  const { at, home, kind } = stage;
  const starting = !program && call === 'execve';
  const inject = `inject=${call}:signal=KILL:when=${starting ? 1 : n}`;
  const strace = [
    ...['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject],
    // Let go of the tools, so that no call of theirs is counted; or see nothing but the one start.
    ...(program ? ['-b', 'execve'] : starting ? ['-P', toolIn(shown)] : []),
  ];
  const { input } = stage.words(verb, target);
  const { exitCode, stdout } = await at.run(
    inHome(home, [...strace, `active-response/bin/${kind.program}`]),
    { input },
  );
  return { died: exitCode === 137 || exitCode === -1, told: stdout.includes('check_keys') };
}
