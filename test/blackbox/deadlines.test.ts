import { closeSync, constants, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { makePipes, reader, writer } from '../support/execd/pipe.ts';
import { alert, keysLine } from './support/messages.ts';
import { it, PROGRAM, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';
const MESSAGE = `${alert(IP)}\n`;
/** Milliseconds that a loaded machine may add to a deadline. */
const SLACK = 2_500;

type Input = (stage: Stage, talk: (say: (text: string) => void) => Promise<void>) => Promise<Run>;

interface Run {
  readonly exitCode: number | undefined;
  readonly milliseconds: number;
  readonly stdout: string;
}

/** The program on a pipe, blocking or not, that stays open until it ends. */
const onPipe =
  (flags: number): Input =>
  async (stage, talk) => {
    const [input, output] = makePipes(2);
    if (!input || !output) throw new Error('no pipes');
    const theirs = openSync(`/proc/self/fd/${input.read}`, constants.O_RDONLY | flags);
    const { ended } = stage.start({ stdin: theirs, stdout: output.write });
    for (const fd of [input.read, theirs, output.write]) closeSync(fd);
    const toProgram = writer(input.write);
    const heard = text(reader(output.read));
    const [end, stdout] = await Promise.all([
      ended,
      heard,
      talk((words) => toProgram.write(words)),
    ]);
    toProgram.destroy();
    return { ...end, stdout };
  };

/** The program on a socket, which is what another agent's runtime may give it. */
const onSocket: Input = async (stage, talk) => {
  const { spawn } = await import('node:child_process');
  const [command = '', ...words] = [...stage.enter, PROGRAM];
  const began = performance.now();
  const child = spawn(command, words, {
    cwd: stage.home.path,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 20_000,
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number | undefined>((resolve) => {
    child.on('exit', (code) => resolve(code ?? undefined));
  });
  const [exitCode, stdout] = await Promise.all([
    ended,
    text(child.stdout),
    talk((said) => child.stdin.write(said)),
  ]);
  return { exitCode, milliseconds: performance.now() - began, stdout };
};

const INPUTS: readonly { readonly name: string; readonly input: Input }[] = [
  { name: 'a blocking pipe', input: onPipe(0) },
  { name: 'a non-blocking pipe', input: onPipe(constants.O_NONBLOCK) },
  { name: 'a socket', input: onSocket },
];

async function text(from: AsyncIterable<Buffer | string>): Promise<string> {
  let all = '';
  for await (const piece of from) all += piece;
  return all;
}

// One group, the longest first, so that they wait side by side.
describe('deadlines', () => {
  it.concurrent.for(INPUTS)('no answer on $name: over after 10 s', async ({ input }, { stage }) => {
    const run = await input(stage, async (say) => say(MESSAGE));
    expect(run).toMatchObject({ exitCode: 13, stdout: `${keysLine(IP)}\n` });
    expect(run.milliseconds).toBeGreaterThan(9_900);
    expect(run.milliseconds).toBeLessThan(10_000 + SLACK);
    expect(await stage.blocked()).toEqual([IP]);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'unanswered', target: IP }]);
  });

  it.concurrent.for(INPUTS)('silence on $name: over after 5 s', async ({ input }, { stage }) => {
    const run = await input(stage, async () => {});
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(run.milliseconds).toBeGreaterThan(4_900);
    expect(run.milliseconds).toBeLessThan(5_000 + SLACK);
    expect(stage.home.log()).toContain(`${PROGRAM}: Cannot read input from stdin`);
  });

  it.concurrent('half a message: over after 5 s', async ({ stage }) => {
    const run = await onPipe(0)(stage, async (say) => say(MESSAGE.slice(0, -1)));
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(run.milliseconds).toBeLessThan(5_000 + SLACK);
    expect(await stage.blocked()).toEqual([]);
  });

  it.concurrent('a byte every 100 ms: over after 5 s', async ({ stage }) => {
    const run = await onPipe(0)(stage, (say) => drip(say, MESSAGE.slice(0, 60), 100));
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(run.milliseconds).toBeLessThan(5_000 + SLACK);
    expect(await stage.blocked()).toEqual([]);
  });

  it.concurrent.for(INPUTS)('byte by byte on $name: understood', async ({ input }, { stage }) => {
    const run = await input(stage, (say) => drip(say, `${MESSAGE}${alert(IP, 'continue')}\n`, 1));
    expect(run).toMatchObject({ exitCode: 0, stdout: `${keysLine(IP)}\n` });
    expect(await stage.blocked()).toEqual([IP]);
  });
});

async function drip(say: (text: string) => void, message: string, pause: number): Promise<void> {
  for (const letter of message) {
    say(letter);
    await wait(pause);
  }
}
