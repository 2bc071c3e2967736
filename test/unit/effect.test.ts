import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run, spell } from '../../src/lib/effect.ts';

test.each([
  [run('nft', '-t', '-f', '-'), 'nft -t -f -'],
  [run('nft', '{ 203.0.113.7 }'), "nft '{ 203.0.113.7 }'"],
  [run('x', ''), "x ''"],
  [run('x', "it's"), "x 'it'\\''s'"],
  [{ ...run('x'), stdin: 'a\nb\n' }, "x <<'END'\na\nb\nEND"],
])('%j is spelled %s', (command, text) => {
  expect(spell(command)).toBe(text);
});

test('a shell reads what was spelled as the same words', () => {
  const words = fc.array(fc.string({ unit: 'binary-ascii' }), { maxLength: 4 });
  fc.assert(
    fc.property(words, (list) => {
      const plain = list.map((word) => word.replaceAll('\u0000', ''));
      const { stdout } = spawnSync(
        '/bin/sh',
        ['-c', spell(run('printf', '%s\\n', '-', ...plain))],
        {
          encoding: 'utf8',
        },
      );
      expect(stdout).toBe(`${['-', ...plain].join('\n')}\n`);
    }),
    { numRuns: 60 },
  );
});
