import { describe, expect, test } from 'vitest';
import type { Ask } from '../../src/lib/asking.ts';
import type { Completed } from '../../src/lib/effect.ts';
import { isKey, keysIn, numberIn, rareTreeOf, treeOf } from '../../src/lib/windows/registry.ts';

const PRINTED = [
  '',
  'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\X',
  '    EnableFirewall    REG_DWORD    0x1',
  '    (Standard)    REG_SZ    ein    Wert',
  '    empty    REG_SZ    ',
  '    nothing    REG_SZ',
  '    a b    REG_EXPAND_SZ    %SystemRoot%\\x',
  '',
  'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\X\\Below',
  '    {0F4D}    REG_SZ    v2.31|Name=B\ufffdro|',
  '',
  'Suche beendet: 2 \ufffdbereinstimmungen gefunden.',
  '',
].join('\r\n');

test('keys and values are found, and what is said in words is not', () => {
  const [x, below, ...more] = keysIn(PRINTED);
  expect(more).toEqual([]);
  expect(x?.values.map(({ name, data }) => [name, data])).toEqual([
    ['EnableFirewall', '0x1'],
    ['(Standard)', 'ein    Wert'],
    ['empty', ''],
    ['nothing', ''],
    ['a b', '%SystemRoot%\\x'],
  ]);
  expect(below?.values).toEqual([
    { name: '{0F4D}', type: 'REG_SZ', data: 'v2.31|Name=B\ufffdro|' },
  ]);
  expect(x && isKey(x, 'hklm\\system\\currentcontrolset\\services\\x')).toBe(true);
});

test.each([
  ['0x0', 'REG_DWORD', 0],
  ['0x1', 'REG_DWORD', 1],
  ['0xffffffff', 'REG_DWORD', 4_294_967_295],
  ['1', 'REG_SZ', undefined],
  ['', 'REG_DWORD', undefined],
  ['1', 'REG_DWORD', undefined],
])('%s of type %s is the number %s', (data, type, number) => {
  const key = { path: 'x', values: [{ name: 'enableFIREWALL', type, data }] };
  expect(numberIn(key, 'EnableFirewall')).toBe(number);
});

/** A `reg` that knows these answers, and says 1 in some language to all else. */
function registry(answers: Readonly<Record<string, string>>): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = async ({ command, read }) => {
    const key = command.args.slice(1).join(' ');
    asked.push(key);
    const stdout = answers[key];
    const found: Completed = {
      exitCode: stdout === undefined ? 1 : 0,
      stdout: stdout ?? '',
      stderr: 'FEHLER: \ufffd',
    };
    return read(found);
  };
  return { ask, asked };
}

describe('a key that is not there', () => {
  const KEY = 'HKLM\\A\\B\\C';

  test('is told by the key above it', async () => {
    const { ask } = registry({ 'HKLM\\A\\B': 'HKEY_LOCAL_MACHINE\\A\\B\\Cc\r\n' });
    expect(await treeOf(KEY, ask)).toBeUndefined();
  });

  test('is told by the one above that, too', async () => {
    const { ask, asked } = registry({ HKLM: '\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\r\n' });
    expect(await treeOf(KEY, ask)).toBeUndefined();
    expect(asked).toEqual(['HKLM\\A\\B\\C /s', 'HKLM\\A\\B', 'HKLM\\A', 'HKLM']);
  });

  test.each([
    ['the key above lists it', { 'HKLM\\A\\B': 'HKEY_LOCAL_MACHINE\\A\\B\\c\r\n' }],
    ['nothing can be read', {}],
    ['the key above cannot be read either', { 'HKLM\\A': 'HKEY_LOCAL_MACHINE\\A\\B\r\n' }],
  ])('is a failure where %s', async (_why, answers) => {
    await expect(treeOf(KEY, registry(answers).ask)).rejects.toMatchObject({ kind: 'tool-failed' });
  });

  test('costs one question where most systems do not have it', async () => {
    const { ask, asked } = registry({ 'HKLM\\A\\B': '\r\nHKEY_LOCAL_MACHINE\\A\\B\\Other\r\n' });
    expect(await rareTreeOf(KEY, ask)).toBeUndefined();
    expect(asked).toEqual(['HKLM\\A\\B']);
  });
});

test('a key without values and keys is there', async () => {
  expect(await treeOf('HKLM\\A', registry({ 'HKLM\\A /s': '' }).ask)).toEqual([]);
});
