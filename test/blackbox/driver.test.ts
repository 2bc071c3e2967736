import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Entry, Pending } from '../support/execd/pending.ts';
import { execd } from '../support/execd.ts';
import { it, type Stage } from './support/stage.ts';

const MESSAGE = { version: 1, origin: { name: 'node01' }, command: 'x', parameters: {} };
const KEYS = `echo '{"command":"check_keys","parameters":{"keys":["a","b"]}}'`;

/** The stand-in for the agent, with a shell script in the place of the program. */
function agent(stage: Stage, script: string, deadline = 5_000) {
  const file = join(stage.home.path, 'active-response/bin/probe');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return execd({ home: stage.home.path, dialect: 'wazuh4', program: 'probe', deadline });
}

describe('the list of the stand-in', () => {
  const entry = (since: number): Entry => ({
    key: 'x',
    program: 'probe',
    undo: '',
    since,
    timeout: 60,
  });

  it('lets an entry go strictly after its time, which a repetition begins anew', () => {
    const list = new Pending();
    expect(list.note(entry(1_000))).toBe(true);
    expect(list.note(entry(1_030))).toBe(false);
    expect(list.take(1_090)).toEqual([]);
    expect(list.take(1_091)).toEqual([entry(1_030)]);
    expect(list.all).toEqual([]);
  });

  it('lets everything go when the agent stops', () => {
    const list = new Pending();
    list.note(entry(1_000));
    expect(list.take()).toEqual([entry(1_000)]);
  });
});

describe('the stand-in for execd', () => {
  it.concurrent('starts a program as the agent does', async ({ stage }) => {
    const facts = [
      'read -r line; printf "%s\\n" "$0|$#|$PWD|$(readlink /proc/$$/fd/2)" > facts',
      '[ -p /dev/stdin ] && [ -p /dev/stdout ] && echo pipes >> facts',
      '[ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] && echo session >> facts',
      KEYS,
      'cat >> /dev/null',
    ];
    await agent(stage, facts.join('\n')).add(MESSAGE);
    const seen = await stage.shell('cat facts');
    const start = `active-response/bin/probe|0|${stage.home.path}|/dev/null`;
    expect(seen.stdout).toBe(`${start}\npipes\nsession\n`);
  });

  it.concurrent('hears one line, answers, and goes before the program does', async ({ stage }) => {
    const script = `read -r a; ${KEYS}; read -r b; echo "$a" > one; echo "$b" > two; cat > three
      sleep 0.2; trap '' PIPE; echo more || echo broken > four`;
    const probe = agent(stage, script);
    const run = await probe.add(MESSAGE, { timeout: 60 });
    expect(run).toMatchObject({
      reply: 'continue',
      key: 'probe-a-b',
      exitCode: 0,
      stdoutAfter: '',
    });
    const { stdout } = await stage.shell('cat one two three four');
    const [one = '', two = '', ...rest] = stdout.split('\n');
    const program = { parameters: { program: 'active-response/bin/probe' } };
    expect(JSON.parse(one)).toEqual({ ...MESSAGE, command: 'add', ...program });
    expect(JSON.parse(two)).toEqual({ ...MESSAGE, command: 'continue', ...program });
    expect(rest).toEqual(['broken', '']);
    expect(await probe.add(MESSAGE, { timeout: 60 })).toMatchObject({ reply: 'abort' });
    expect(probe.pending).toHaveLength(1);
  });

  it.concurrent('takes whatever line is no keys for no keys', async ({ stage }) => {
    const probe = agent(stage, 'read -r a; head -c 9000 /dev/zero | tr "\\0" x; echo; read -r b');
    const run = await probe.add(MESSAGE, { timeout: 60 });
    expect(run.keysLine).toHaveLength(8191);
    expect(run).toMatchObject({ reply: 'continue', key: 'probe' });
  });

  it.concurrent('registers nothing where no line comes', async ({ stage }) => {
    const probe = agent(stage, 'read -r a; exit 3');
    const run = await probe.add(MESSAGE, { timeout: 60 });
    expect(run).toMatchObject({ reply: undefined, key: undefined, exitCode: 3 });
    expect(probe.pending).toEqual([]);
  });

  it.concurrent('keeps no list without a timeout', async ({ stage }) => {
    const probe = agent(stage, `read -r a; ${KEYS}; read -r b`);
    for (let round = 0; round < 2; round += 1) {
      expect(await probe.add(MESSAGE)).toMatchObject({ reply: 'continue' });
    }
    expect(probe.pending).toEqual([]);
  });

  it.concurrent('fails for a program that hangs, and kills it', async ({ stage }) => {
    const probe = agent(stage, `read -r a; ${KEYS}; exec sleep 60`, 500);
    await expect(probe.add(MESSAGE)).rejects.toThrow('did not end within 500 ms');
  });
});
