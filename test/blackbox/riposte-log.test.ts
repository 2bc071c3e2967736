import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Home, makeHome, unbuilt } from '../support/home.ts';

const built = unbuilt();

/** A line as programs write it, from some seconds ago. */
function line(message: string, secondsAgo = 0): string {
  const at = new Date(Date.now() - secondsAgo * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('/');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${day} ${time} active-response/bin/firewall-drop: ${message}\n`;
}

const ended = (said: object, secondsAgo?: number) =>
  line(
    JSON.stringify({
      riposte: {
        outcome: 'applied',
        exit: 0,
        action: 'firewall-drop',
        holder: 'firewall-drop',
        verb: 'add',
        detail: 'it is blocked',
        ms: 31,
        ...said,
      },
    }),
    secondsAgo,
  );

const at = (index: number) => `203.0.113.${index}`;

describe.skipIf(built)('riposte log', () => {
  let home: Home;
  const program = () => `${home.path}/active-response/bin/riposte`;
  const log = (...words: string[]) =>
    execa(program(), ['log', ...words], { reject: false, timeout: 20_000 });
  const targets = async (...words: string[]) => {
    const { stdout } = await log('--json', ...words);
    return stdout === '' ? [] : stdout.split('\n').map((one) => JSON.parse(one).target as string);
  };

  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.remove());

  describe('of a log', () => {
    beforeEach(() => {
      const rest = Array.from({ length: 57 }, (_, index) => ended({ target: at(index + 4) }, 60));
      writeFileSync(
        home.logFile,
        [
          line('Starting', 7_300),
          ended({ target: at(1), outcome: 'tool-failed', exit: 7 }, 7_300),
          'Tue Feb  3 10:11:12 UTC 2026 /var/ossec/active-response/bin/x add - 1.2.3.4 5\n',
          '\u0000\u001b[2J\ufffd\n',
          ended({ target: at(2), holder: 'manual', backend: 'nft' }, 7_200),
          ended({ target: at(3), action: 'host-deny', holder: 'host-deny.sh' }, 120),
          ...rest,
          '2026/02/03 10:11:12 active-re',
        ].join(''),
      );
    });

    test('the last 50 runs, newest last, in rows', async () => {
      const { stdout, stderr, exitCode } = await log();
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      const [head, ...rows] = stdout.split('\n');
      expect(head).toMatch(/^TIME +OUTCOME +ACTION +TARGET +HOLDER +BACKEND +MS +DETAIL$/);
      expect(rows).toHaveLength(50);
      expect(rows.at(-1)).toMatch(
        /^\S+ \S+ {2}applied {2}firewall-drop add {2}203\.0\.113\.60 {2}- +- +31 {2}it is blocked$/,
      );
    });

    test('what is asked for, and no more', async () => {
      expect(await targets('--last', '2')).toEqual([at(59), at(60)]);
      expect(await targets('--outcome', 'failed')).toEqual([at(1)]);
      expect(await targets('--outcome', 'tool-failed,refused')).toEqual([at(1)]);
      expect(await targets('--outcome', 'ok', '--action', 'manual')).toEqual([at(2)]);
      expect(await targets('--action', 'host-deny')).toEqual([at(3)]);
      expect(await targets('--target', at(6))).toEqual([at(6)]);
      expect(await targets('--since', '10m', '--action', 'host-deny.sh')).toEqual([at(3)]);
      expect(await targets('--since', '1h')).toHaveLength(58);
      expect(await targets('--outcome', 'full')).toEqual([]);
    });

    test('nothing found is said, and is no failure', async () => {
      const { stdout, exitCode } = await log('--outcome', 'full');
      expect({ stdout, exitCode }).toEqual({
        stdout: 'No run that was asked for is in the log.',
        exitCode: 0,
      });
    });

    test('raw: every line, with nothing that a terminal would obey', async () => {
      const { stdout } = await log('--raw', '--last', '1000');
      const lines = stdout.split('\n');
      const written = readFileSync(home.logFile, 'utf8').split('\n').slice(0, -1);
      expect(lines).toHaveLength(written.length);
      expect(lines[3]).toBe('\\u0000\\u001b[2J\ufffd');
      expect(lines.filter((one) => one !== lines[3])).toEqual(
        written.filter((one) => one !== written[3]),
      );
      expect((await log('--raw', '--target', at(2))).stdout).toBe(written[4]);
    });

    test('with what was put aside before', async () => {
      renameSync(home.logFile, `${home.logFile}.1`);
      writeFileSync(home.logFile, ended({ target: at(61) }));
      expect(await targets('--last', '3')).toEqual([at(59), at(60), at(61)]);
    });

    test('looking adds nothing to it', async () => {
      const before = readFileSync(home.logFile, 'utf8');
      await log();
      await log('--last', '0');
      expect(readFileSync(home.logFile, 'utf8').slice(0, before.length)).toBe(before);
    });
  });

  test('shows what the programs wrote', async () => {
    await execa(`${home.path}/active-response/bin/firewall-drop`, {
      cwd: home.path,
      input: 'x\n',
      reject: false,
    });
    const { stdout } = await log('--outcome', 'failed');
    expect(stdout).toMatch(/ bad-request +firewall-drop /);
  });

  test('no log: what to do, and none is made', async () => {
    const { stderr, exitCode } = await log();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^usage: .*active-responses\.log is not there: .*--home$/);
    expect(home.log()).toBe('');
    const other = await log('--home', '/nonexistent');
    expect(other).toMatchObject({ exitCode: 2 });
    expect(other.stderr).toContain('/nonexistent: there is no such directory');
  });

  test.each([
    [['--since', 'yesterday'], /like 90s, 1h or 2d/],
    [['--outcome', 'good'], /"good" is none of ok, failed, applied/],
    [['--last', '0'], /from 1 on/],
    [['--json', '--raw'], /cannot be used with/],
  ])('%j is not understood', async (words, why) => {
    writeFileSync(home.logFile, '');
    const { stderr, exitCode } = await log(...words);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(why);
  });

  describe('followed', () => {
    const follow = (...words: string[]) => {
      const child = execa(program(), ['log', '--follow', '--json', ...words], {
        reject: false,
        timeout: 30_000,
      });
      let text = '';
      child.stdout.on('data', (more) => {
        text += String(more);
      });
      const seen = () =>
        text.split('\n').flatMap((one) => (one === '' ? [] : [JSON.parse(one).target as string]));
      const until = async (count: number) => {
        await expect.poll(seen, { timeout: 20_000 }).toHaveLength(count);
        return seen();
      };
      return { child, until };
    };

    test('goes on through copytruncate and rename, and ends when it is told to', async () => {
      writeFileSync(home.logFile, ended({ target: at(1) }) + ended({ target: at(2) }));
      const { child, until } = follow('--last', '1');
      expect(await until(1)).toEqual([at(2)]);
      appendFileSync(home.logFile, line('Starting') + ended({ target: at(3) }));
      expect(await until(2)).toEqual([at(2), at(3)]);
      truncateSync(home.logFile, 0);
      appendFileSync(home.logFile, ended({ target: at(4) }));
      expect((await until(3)).at(-1)).toBe(at(4));
      renameSync(home.logFile, `${home.logFile}.1`);
      writeFileSync(home.logFile, ended({ target: at(5) }));
      appendFileSync(home.logFile, ended({ target: at(6) }));
      expect((await until(5)).slice(-2)).toEqual([at(5), at(6)]);
      child.kill('SIGTERM');
      const { exitCode, signal, stderr } = await child;
      expect({ exitCode, signal, stderr }).toEqual({
        exitCode: 0,
        signal: undefined,
        stderr: '',
      });
    });

    test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it while nobody reads', async (signal) => {
      // More than a pipe holds.
      const many = Array.from({ length: 2_000 }, (_, index) => ended({ target: at(index) }));
      writeFileSync(home.logFile, many.join(''));
      const child = execa(program(), ['log', '-f', '--last', '2000'], {
        reject: false,
        buffer: false,
        timeout: 20_000,
      });
      child.stdout.pause();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 200));
      child.stdout.resume();
      expect((await child).exitCode).toBe(0);
    });

    test('a reader that goes ends it', async () => {
      const many = Array.from({ length: 9_000 }, (_, index) => ended({ target: at(index) }));
      writeFileSync(home.logFile, many.join(''));
      const script = '"$0" log "$@" | head -n 1; echo $PIPESTATUS';
      const run = await execa('bash', ['-c', script, program(), '--last', '9000']);
      expect(run.stderr).toBe('');
      expect(run.stdout).toMatch(/^TIME [^\n]*\n0$/);
    });

    test('a reader that goes ends it at the next line', async () => {
      writeFileSync(home.logFile, ended({ target: at(1) }));
      const { child, until } = follow();
      await until(1);
      child.stdout.destroy();
      appendFileSync(home.logFile, ended({ target: at(2) }));
      expect(await child).toMatchObject({ exitCode: 0, stderr: '' });
    });

    test('a slow reader gets all of it', async () => {
      const many = Array.from({ length: 3_000 }, (_, index) => ended({ target: at(index) }));
      writeFileSync(home.logFile, many.join(''));
      const script = '"$0" log --json --last 3000 | (sleep 3; wc -l)';
      const run = await execa('bash', ['-c', script, program()], { timeout: 20_000 });
      expect(run.stdout.trim()).toBe('3000');
    });
  });
});
