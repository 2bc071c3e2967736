import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Followed } from '../../src/cli/log/follow.ts';
import { Table } from '../../src/cli/log/rows.ts';
import { jsonOf, type Run, runIn, timeOf } from '../../src/cli/log/runs.ts';
import { endOfLines, linesBefore, MAX_LINE, openLog } from '../../src/cli/log/source.ts';
import { isWanted, parseCount, parseOutcomes, parseSince } from '../../src/cli/log/wanted.ts';

const PREFIX = '2026/02/03 10:11:12 active-response/bin/firewall-drop: ';
const SAID = {
  outcome: 'applied',
  exit: 0,
  action: 'firewall-drop',
  holder: 'manual',
  verb: 'add',
  target: '203.0.113.7',
  backend: 'nft',
  detail: '203.0.113.7 is blocked (nft)',
  ms: 31,
};
const lineOf = (said: object) => `${PREFIX}${JSON.stringify({ riposte: said })}`;
const run = (said: object = {}): Run => runIn(lineOf({ ...SAID, ...said })) as Run;

describe('a line of the log', () => {
  test('that is the end of a run', () => {
    expect(run()).toEqual({ at: new Date(2026, 1, 3, 10, 11, 12), ...SAID, said: SAID });
    expect(JSON.parse(jsonOf(run()))).toEqual({ at: run().at.toISOString(), ...SAID });
  });

  test('with what there always is, and no more', () => {
    const said = { outcome: 'bad-request', exit: 3, action: 'firewall-drop' };
    const least = runIn(lineOf(said));
    expect(least).toMatchObject({ holder: 'firewall-drop', detail: '' });
    expect(least?.target).toBeUndefined();
  });

  test.each([
    ['empty', ''],
    ['the message', `${PREFIX}{"version":1,"command":"add"}`],
    ['a word before it', `${PREFIX}Failed: {"riposte":${JSON.stringify(SAID)}}`],
    ['another program’s', `${PREFIX}Starting`],
    [
      'of old scripts',
      'Tue Feb  3 10:11:12 UTC 2026 /var/ossec/active-response/bin/x add - 1.2.3.4',
    ],
    ['without a stamp', JSON.stringify({ riposte: SAID })],
    ['cut short', lineOf(SAID).slice(0, -9)],
    ['of wrong types', lineOf({ ...SAID, outcome: 7 })],
    ['no object', `${PREFIX}{"riposte":[1]}`],
  ])('that is none: %s', (_what, line) => {
    expect(runIn(line)).toBeUndefined();
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), fc.string(), (value, text) => {
        for (const line of [
          text,
          PREFIX + text,
          `${PREFIX}${JSON.stringify({ riposte: value })}`,
        ]) {
          runIn(line);
          timeOf(line);
        }
      }),
    );
  });
});

describe('what is wanted', () => {
  test.each([
    ['everything', {}, true],
    ['ok', { outcome: parseOutcomes('ok') }, true],
    ['failed', { outcome: parseOutcomes('failed') }, false],
    ['its outcome among others', { outcome: parseOutcomes('failed, applied') }, true],
    ['its action', { action: 'firewall-drop' }, true],
    ['its holder', { action: 'manual' }, true],
    ['another action', { action: 'firewall' }, false],
    ['its target', { target: '203.0.113.7' }, true],
    ['its target in another spelling', { target: '::ffff:203.0.113.7' }, true],
    ['a part of its target', { target: '203.0.113' }, false],
    ['any text before', { target: '*.7' }, true],
    ['any text after', { target: '203.*' }, true],
    ['a dot is a dot', { target: '203*0x113*' }, false],
    ['since then', { since: new Date(2026, 1, 3, 10, 11, 12) }, true],
    ['later', { since: new Date(2026, 1, 3, 10, 11, 13) }, false],
    ['one thing of two', { action: 'firewall-drop', target: '203.0.113.70' }, false],
  ])('%s', (_what, wanted, expected) => {
    expect(isWanted(run(), wanted)).toBe(expected);
  });

  test('no target is no target', () => {
    expect(isWanted(run({ target: undefined }), { target: '*' })).toBe(false);
  });

  const now = new Date(2026, 1, 3, 12, 0, 0);
  test.each([
    ['1h', new Date(2026, 1, 3, 11, 0, 0)],
    ['2d', new Date(2026, 1, 1, 12, 0, 0)],
    ['90s', new Date(2026, 1, 3, 11, 58, 30)],
    ['2026-02-03', new Date(2026, 1, 3)],
    ['2026-02-03T10:00', new Date(2026, 1, 3, 10)],
    ['2026/02/03 10:11:12', new Date(2026, 1, 3, 10, 11, 12)],
    ['2026-02-03T10:00:00Z', new Date(Date.UTC(2026, 1, 3, 10))],
    ['2026-02-03T10:00:00.250+01:00', new Date(Date.UTC(2026, 1, 3, 9, 0, 0, 250))],
  ])('since %s', (text, expected) => {
    expect(parseSince(text, now)).toEqual(expected);
  });

  test.each(['', 'yesterday', '3', '1 fortnight', '2026-13-01', '2026', '-1h'])(
    'since "%s" is not understood',
    (text) => {
      expect(() => parseSince(text, now)).toThrow(/like 90s, 1h or 2d/);
    },
  );

  test('words that are none', () => {
    expect(() => parseOutcomes('ok,toString')).toThrow(/"toString" is none of ok, failed, applied/);
    for (const text of ['0', '-1', 'all', '1.5', '']) expect(() => parseCount(text)).toThrow();
    expect(parseCount('7')).toBe(7);
  });
});

describe('rows', () => {
  test('are aligned under their titles, later ones too', () => {
    const table = new Table();
    const text =
      table.of([run(), run({ holder: 'firewall-drop', target: '2001:db8::7', ms: 1031 })]) +
      table.of([run({ outcome: 'absent', backend: undefined })]);
    expect(text.split('\n')).toEqual([
      'TIME                 OUTCOME  ACTION             TARGET       HOLDER  BACKEND    MS  DETAIL',
      '2026/02/03 10:11:12  applied  firewall-drop add  203.0.113.7  manual  nft        31  203.0.113.7 is blocked (nft)',
      '2026/02/03 10:11:12  applied  firewall-drop add  2001:db8::7  -       nft      1031  203.0.113.7 is blocked (nft)',
      '2026/02/03 10:11:12  absent   firewall-drop add  203.0.113.7  manual  -          31  203.0.113.7 is blocked (nft)',
      '',
    ]);
  });

  test('hold nothing that a terminal would obey', () => {
    const evil = '\u001b[2J\n\u009b\u202e';
    const words = { action: evil, target: evil, holder: evil, backend: evil, detail: evil };
    const odd = run({ ...words, outcome: evil, verb: evil, more: evil });
    for (const text of [new Table().of([odd]), jsonOf(odd)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(text.split('\n').slice(0, 2).join()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
    expect(JSON.parse(jsonOf(odd))).toMatchObject({ target: evil });
  });

  test('one long target does not push the others away', () => {
    const [, , second = ''] = new Table()
      .of([run({ target: `/${'x'.repeat(200)}` }), run()])
      .split('\n');
    expect(second.length).toBeLessThan(120);
  });
});

describe('a log on disk', () => {
  let folder: string;
  let path: string;
  let fd: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'riposte-cli-log-'));
    path = join(folder, 'log');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const holding = (text: string | Buffer) => {
    writeFileSync(path, text);
    fd = openLog(path) as number;
  };
  const read = () => {
    const lines = [...linesBefore(fd, endOfLines(fd))].reverse();
    closeSync(fd);
    return lines;
  };

  test.each([0, 1, 2, 65_535, 65_536, 65_537, 200_000])(
    'is read backwards, whatever lies on the edge of what is read at once (%i)',
    (length) => {
      const lines = ['first', 'x'.repeat(length), 'Grüße 🙂', '', 'last'];
      holding(`${lines.join('\n')}\nbegun`);
      expect(read().slice(-4)).toEqual(lines.slice(-4));
    },
  );

  test('as the same lines as forwards', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'ü', '🙂'), maxLength: 9 });
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        holding(lines.map((one) => `${one}\n`).join(''));
        const text = lines.map((one) => `${one}\n`).join('');
        expect(read()).toEqual(text.split('\n').slice(0, -1));
      }),
    );
  });

  test('a line of gigabytes is passed over', () => {
    holding(
      Buffer.concat([Buffer.from('one\n'), Buffer.alloc(5 * MAX_LINE), Buffer.from('\ntwo\n')]),
    );
    expect(read().filter(Boolean)).toEqual(['one', 'two']);
  });

  test('of gigabytes gives its end at once', () => {
    holding('one\n');
    truncateSync(path, 8 * 2 ** 30);
    appendFileSync(path, '\ntwo\nthree\n');
    const lines = linesBefore(fd, endOfLines(fd));
    expect([lines.next().value, lines.next().value]).toEqual(['three', 'two']);
    closeSync(fd);
  });

  test.each([
    ['a link', () => symlinkSync('/etc/passwd', path)],
    [
      'a file with two names',
      () => {
        writeFileSync(`${path}.2`, '');
        linkSync(`${path}.2`, path);
      },
    ],
  ])('%s in its place is not read', (_what, spoil) => {
    spoil();
    expect(() => openLog(path)).toThrow(/log/);
  });

  test('none is none', () => {
    expect(openLog(path)).toBeUndefined();
  });

  describe('followed', () => {
    let log: Followed;
    const begin = (text: string) => {
      holding(text);
      log = new Followed(path, openSync(path, 'r'), endOfLines(fd));
      closeSync(fd);
    };
    afterEach(() => log.close());

    test('gives each line once it is whole', () => {
      begin('one\ntw');
      expect(log.lines()).toEqual([]);
      appendFileSync(path, 'o\nthr');
      expect(log.lines()).toEqual(['two']);
      appendFileSync(path, 'ee\nfour\n');
      expect(log.lines()).toEqual(['three', 'four']);
      expect(log.lines()).toEqual([]);
    });

    test('copytruncate: what is written after it is read, and nothing twice', () => {
      begin('one\ntwo\n');
      truncateSync(path, 0);
      expect(log.lines()).toEqual([]);
      appendFileSync(path, '3\n');
      expect(log.lines()).toEqual(['3']);
    });

    test('copytruncate, and more written since than there was', () => {
      begin('one\ntwo\n');
      writeFileSync(path, 'three\nfour\nfive\n');
      expect(log.lines()).toEqual(['three', 'four', 'five']);
    });

    test('renamed: the rest of the old one, then the new one', () => {
      begin('one\n');
      appendFileSync(path, 'two\n');
      renameSync(path, `${path}.1`);
      expect(log.lines()).toEqual(['two']);
      appendFileSync(`${path}.1`, 'three\n');
      writeFileSync(path, 'four\n');
      expect(log.lines()).toEqual(['three', 'four']);
      appendFileSync(path, 'five\n');
      expect(log.lines()).toEqual(['five']);
    });

    test('while something else lies in its place it is waited for', () => {
      begin('one\n');
      renameSync(path, `${path}.1`);
      symlinkSync(`${path}.2`, path);
      expect(log.lines()).toEqual([]);
      rmSync(path);
      writeFileSync(path, 'two\n');
      expect(log.lines()).toEqual(['two']);
    });
  });
});
