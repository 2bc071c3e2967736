import { describe, expect, test } from 'vitest';
import { edited, entryOf, userOf } from '../../src/cli/protect-edit.ts';

const add = (before: unknown, ...texts: string[]) =>
  edited(before === undefined ? undefined : JSON.stringify(before), 'add', texts.map(entryOf));
const remove = (before: unknown, ...texts: string[]) =>
  edited(JSON.stringify(before), 'remove', texts.map(entryOf));
const json = ({ text }: { text: string }) => JSON.parse(text) as unknown;

describe('what can be protected', () => {
  test.each([
    ['192.0.2.7', 'addresses', '192.0.2.7'],
    ['192.0.2.7/24', 'addresses', '192.0.2.0/24'],
    ['::FFFF:192.0.2.7', 'addresses', '192.0.2.7'],
    ['Office.Example', 'names', 'office.example'],
  ])('%s', (given, list, text) => {
    expect(entryOf(given)).toEqual({ list, text });
  });

  test.each(['192.0.2.300', '192.0.2.0/33', '1.2.3', '', 'a b', '$(id)', '-x', '\u001b[2J'])(
    '%j is nothing of that kind, which is said',
    (text) => {
      expect(() => entryOf(text)).toThrow(
        expect.objectContaining({
          kind: 'usage',
          message: expect.stringContaining('is no address'),
        }),
      );
    },
  );

  test('an account', () => {
    expect(userOf('deploy')).toEqual({ list: 'users', text: 'deploy' });
    expect(() => userOf('-x')).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('root’s settings', () => {
  const own = {
    actions: { webhook: { url: 'https://hooks.example/SECRET' } },
    protect: { addresses: ['192.0.2.7', '2001:DB8::/32'], not: ['x'], logins: true },
    mode: 'observe',
  };

  test('keep all else, in readable form', () => {
    const { text, changed } = add(own, '198.51.100.9', 'office.example');
    expect(JSON.parse(text)).toEqual({
      ...own,
      protect: {
        ...own.protect,
        addresses: [...own.protect.addresses, '198.51.100.9'],
        names: ['office.example'],
      },
    });
    expect(text).toMatch(/^\{\n {2}"actions": \{\n {4}"webhook"/);
    expect(text.endsWith('}\n')).toBe(true);
    expect(changed).toHaveLength(2);
  });

  test('are begun where there are none', () => {
    expect(json(add(undefined, '192.0.2.7'))).toEqual({ protect: { addresses: ['192.0.2.7'] } });
  });

  test('hold each thing once, however it is written', () => {
    expect(add(own, '192.0.2.7/32', '2001:db8:0::/32').changed).toEqual([]);
    expect(add(own, '192.0.2.8', '192.0.2.8/32').changed).toHaveLength(1);
  });

  test('lose what is taken off, and no neighbour', () => {
    const { text, changed } = remove(own, '2001:db8::/32', '192.0.2.70');
    expect(JSON.parse(text)).toMatchObject({ protect: { addresses: ['192.0.2.7'], not: ['x'] } });
    expect(changed).toEqual([{ list: 'addresses', text: '2001:db8::/32' }]);
  });

  test.each([
    '{',
    '[]',
    '{"protect":7}',
    '{"protect":{"addresses":"x"}}',
    '{"protect":{"adress":[]}}',
  ])('%s are not touched: nobody knows what they mean', (text) => {
    expect(() => edited(text, 'add', [entryOf('192.0.2.7')])).toThrow(
      expect.objectContaining({ kind: 'bad-settings' }),
    );
  });
});
