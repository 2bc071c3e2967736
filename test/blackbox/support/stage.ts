import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { test } from 'vitest';
import { type Started, start } from '../../support/execd/program.ts';
import { type Home, makeHome } from '../../support/home.ts';
import { obstacle } from '../../support/net.ts';
import { privateNetwork } from './netns.ts';

/** The names of the one program, each a holder of its own. */
export const NAMES = ['firewall-drop', 'default-firewall-drop', 'firewall-drop.sh'] as const;

/** The program as an agent starts it from its home. */
export const PROGRAM = 'active-response/bin/firewall-drop';

/** How a command line ended and what it printed, to the last byte. */
export interface Printed {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Descriptors for a program; standard error is nowhere, as an agent has it. */
export interface Streams {
  readonly stdin: number;
  readonly stdout: number;
}

/** A home with the programs, in a network of its own: nothing is shared between two tests. */
export interface Stage {
  readonly home: Home;
  readonly enter: readonly string[];
  /** Runs a shell's command line in the home; `$1` … are the words given. */
  shell(script: string, ...words: string[]): Promise<Printed>;
  /** Runs the program by hand, with standard input closed. */
  hand(...words: string[]): Promise<Printed>;
  /** Pipes bytes into the program, then the end. */
  feed(bytes: string | Buffer, name?: string): Promise<Printed>;
  /** Starts the program on standard streams of one's own; each is what the flags of its file say. */
  start(streams: Streams): Started;
  /** Addresses in the sets of a holder, sorted. */
  blocked(holder?: string): Promise<readonly string[]>;
}

const LIMIT = 20_000;
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

async function makeStage(): Promise<Stage & { close(): Promise<void> }> {
  const [home, network] = await Promise.all([makeHome(), privateNetwork()]);
  const { enter } = network;

  const run = async (...words: string[]): Promise<Printed> => {
    const began = performance.now();
    const [file = '', ...args] = [...enter, ...words];
    const { exitCode, stdout, stderr, timedOut } = await execa(file, args, {
      cwd: home.path,
      env: ENVIRONMENT,
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      timeout: LIMIT,
    });
    if (timedOut) throw new Error(`${words.join(' ')} did not end within ${LIMIT} ms`);
    return { exitCode, stdout, stderr, milliseconds: performance.now() - began };
  };
  const shell = (script: string, ...words: string[]) => run('bash', '-c', script, 'bash', ...words);

  return {
    home,
    enter,
    shell,
    hand: (...words) => run(PROGRAM, ...words),
    feed(bytes, name = 'firewall-drop') {
      const file = join(home.path, `input-${name}`);
      writeFileSync(file, bytes);
      return shell('cat "$1" | "$2"', file, `active-response/bin/${name}`);
    },
    start({ stdin, stdout }) {
      // Node makes the first three descriptors of a child blocking, but leaves the others alone.
      const args = ['-c', 'exec "$0" <&3 >&4 3<&- 4>&-', PROGRAM];
      const what = { path: 'bash', args, cwd: home.path, enter, environment: ENVIRONMENT };
      return start(what, ['ignore', 'ignore', 'ignore', stdin, stdout], LIMIT);
    },
    blocked: async (holder = 'firewall-drop') => {
      const { stdout } = await run('nft', '-j', 'list', 'ruleset');
      return elements(stdout, [`${holder}4`, `${holder}6`]);
    },
    async close() {
      await Promise.all([home.remove(), network.close()]);
    },
  };
}

interface Listed {
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
}

function elements(json: string, sets: readonly string[]): readonly string[] {
  const { nftables } = JSON.parse(json) as { nftables: readonly Listed[] };
  return nftables
    .flatMap(({ set }) => (set && sets.includes(set.name) ? (set.elem ?? []) : []))
    .map((one) => (typeof one === 'string' ? one : (one as { elem: { val: string } }).elem.val))
    .sort();
}

const OBSTACLE = obstacle(['nft', 'iptables']);

/** A test on a stage of its own; skipped, with the reason, where no private network can be had. */
export const it = test.extend<{ stage: Stage }>({
  stage: async ({ skip }, use) => {
    if (OBSTACLE) skip(OBSTACLE);
    const stage = await makeStage();
    try {
      await use(stage);
    } finally {
      await stage.close();
    }
  },
});
