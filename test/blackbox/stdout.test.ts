import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { makePipes, reader, writer } from '../support/execd/pipe.ts';
import { alerts } from './support/decoders.ts';
import { alert, keysLine } from './support/messages.ts';
import { it, PROGRAM, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';

/** Runs the program with a message and its answer waiting on standard input. */
async function given(stage: Stage, stdout: number) {
  const [input] = makePipes(1);
  if (!input) throw new Error('no pipe');
  const { ended } = stage.start({ stdin: input.read, stdout });
  closeSync(input.read);
  closeSync(stdout);
  writer(input.write).end(`${alert(IP)}\n${alert(IP, 'continue')}\n`);
  return ended;
}

/** The write end of a pipe that nobody reads any more. */
function deaf(): number {
  const [output] = makePipes(1);
  if (!output) throw new Error('no pipe');
  closeSync(output.read);
  return output.write;
}

/** A pipe with no room left: its ends, with the write end blocking or not. */
function full(flags: number): { readonly read: number; readonly write: number } {
  const [output] = makePipes(1);
  if (!output) throw new Error('no pipe');
  const path = `/proc/self/fd/${output.write}`;
  const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  for (const chunk of [Buffer.alloc(4096), Buffer.alloc(1)]) {
    try {
      for (;;) writeSync(filler, chunk);
    } catch {
      // No room for a chunk of that size.
    }
  }
  closeSync(filler);
  const write = openSync(path, constants.O_WRONLY | flags);
  closeSync(output.write);
  return { read: output.read, write };
}

describe('the reader is gone', () => {
  it.concurrent('a new block is taken back', async ({ stage }) => {
    expect(await given(stage, deaf())).toMatchObject({ exitCode: 12, signal: undefined });
    expect(await stage.blocked()).toEqual([]);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'undelivered', target: IP }]);
    expect(alerts(stage.home.log())).toEqual([]);
  });

  it.concurrent('a block that was there before stays', async ({ stage }) => {
    expect((await stage.feed(`${alert(IP)}\n`)).exitCode).toBe(13);
    expect(await given(stage, deaf())).toMatchObject({ exitCode: 12, signal: undefined });
    expect(await stage.blocked()).toEqual([IP]);
    expect(alerts(stage.home.log())).toEqual([651]);
  });

  it.concurrent('a delete does not care', async ({ stage }) => {
    await stage.feed(`${alert(IP)}\n`);
    const { exitCode } = await stage.shell(
      '"$1" <<< "$2" > >(exec true)',
      PROGRAM,
      alert(IP, 'delete'),
    );
    expect(exitCode).toBe(0);
    expect(await stage.blocked()).toEqual([]);
  });
});

describe('nobody reads a full pipe', () => {
  const flags = [
    { name: 'blocking', flags: 0 },
    { name: 'non-blocking', flags: constants.O_NONBLOCK },
  ];

  it.concurrent.for(flags)('$name: over in seconds, taken back', async ({ flags }, { stage }) => {
    const { read, write } = full(flags);
    const { exitCode, milliseconds } = await given(stage, write).finally(() => closeSync(read));
    expect(exitCode).toBe(12);
    expect(milliseconds).toBeLessThan(10_000);
    expect(await stage.blocked()).toEqual([]);
  });

  it.concurrent.for(flags)(
    '$name, read a little later: delivered',
    async ({ flags }, { stage }) => {
      const { read, write } = full(flags);
      const run = given(stage, write);
      setTimeout(() => reader(read).resume(), 500);
      expect(await run).toMatchObject({ exitCode: 0 });
      expect(await stage.blocked()).toEqual([IP]);
    },
  );
});

describe('a stream is not there', () => {
  const ERRORS = ['2>/dev/null', '2>&-', '2>/dev/full', '2> >(exec true)'];

  it.concurrent.for(ERRORS)('stderr is %s: add and delete work', async (redirect, { stage }) => {
    const add = `printf '%s\\n' "$2" "$3" | "$1" ${redirect}`;
    const run = await stage.shell(add, PROGRAM, alert(IP), alert(IP, 'continue'));
    expect(run).toMatchObject({ exitCode: 0, stdout: `${keysLine(IP)}\n` });
    expect(await stage.blocked()).toEqual([IP]);
    const undo = `printf '%s\\n' "$2" | "$1" ${redirect}`;
    expect(await stage.shell(undo, PROGRAM, alert(IP, 'delete'))).toMatchObject({ exitCode: 0 });
    expect(await stage.blocked()).toEqual([]);
  });

  const OUTPUTS = ['>/dev/null', '>&-', '>/dev/full', '>/dev/null 2>/dev/null', '>&- 2>&-'];

  it.concurrent.for(OUTPUTS)('stdout is %s: no keys, no block', async (redirect, { stage }) => {
    const line = `printf '%s\\n' "$2" "$3" | "$1" ${redirect}`;
    const add = await stage.shell(line, PROGRAM, alert(IP), alert(IP, 'continue'));
    expect(add.exitCode).toBe(12);
    expect(await stage.blocked()).toEqual([]);
    expect(alerts(stage.home.log())).toEqual([]);
  });

  it.concurrent.for(OUTPUTS)('stdout is %s: a delete works', async (redirect, { stage }) => {
    await stage.feed(`${alert(IP)}\n`);
    const line = `printf '%s\\n' "$2" | "$1" ${redirect}`;
    expect((await stage.shell(line, PROGRAM, alert(IP, 'delete'))).exitCode).toBe(0);
    expect(await stage.blocked()).toEqual([]);
  });

  it.concurrent.for(['<&-', '</dev/null', '<.', '</dev/zero'])(
    'stdin is %s: nothing is done, and nothing waited for',
    async (redirect, { stage }) => {
      const run = await stage.shell(`"$1" ${redirect}`, PROGRAM);
      expect(run).toMatchObject({ exitCode: 3, stdout: '' });
      expect(stage.home.outcomes()).toMatchObject([
        { outcome: 'bad-request', detail: expect.not.stringContaining('within') },
      ]);
    },
  );
});
