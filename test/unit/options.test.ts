import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineAction, MAX_NAME } from '../../src/lib/action.ts';
import { srcip } from '../../src/lib/fields.ts';
import { understand } from '../../src/lib/options.ts';

const action = defineAction({
  name: 'block',
  summary: 'Blocks.',
  states: { held: 'is held', lifted: 'is lifted' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: {
    backend: { help: 'which', values: ['nft', 'ipset'] },
    zone: { help: 'where', values: ['public'] },
  },
  backends: () => [],
});

describe('an agent’s extra arguments', () => {
  test.each([
    [['--backend', 'nft'], { backend: 'nft' }, []],
    [['--backend=ipset'], { backend: 'ipset' }, []],
    [['--backend', 'nft', '--zone', 'public'], { backend: 'nft', zone: 'public' }, []],
    [['--backend=nft', '--backend=ipset'], { backend: 'ipset' }, []],
    [['--backend', 'other'], {}, ['--backend', 'other']],
    [['--backend'], {}, ['--backend']],
    [['--backend='], {}, ['--backend=']],
    [['-backend', 'nft'], {}, ['-backend', 'nft']],
    [['backend', 'nft'], {}, ['backend', 'nft']],
    [['--Backend', 'nft'], {}, ['--Backend', 'nft']],
    [['--home', '/tmp', '--dry-run', '--force'], {}, ['--home', '/tmp', '--dry-run', '--force']],
    [['--constructor', 'nft', '--__proto__=x'], {}, ['--constructor', 'nft', '--__proto__=x']],
    [['x', '--backend', 'nft', 'y'], { backend: 'nft' }, ['x', 'y']],
    [[''], {}, ['']],
  ] as const)('%j', (words, options, ignored) => {
    expect(understand(action, words)).toEqual({ options, ignored });
  });

  test('never give an option that is not the action’s, or a value that is not in its list', () => {
    const words = fc.oneof(fc.string(), fc.constantFrom('--backend', '--zone', 'nft', 'public'));
    fc.assert(
      fc.property(fc.array(words), (list) => {
        const { options } = understand(action, list);
        for (const [name, value] of Object.entries(options)) {
          expect(action.options[name]?.values).toContain(value);
        }
      }),
    );
  });
});

describe('an action’s name', () => {
  const named = (name: string, aliases: readonly string[] = []) =>
    defineAction({
      name,
      aliases,
      summary: '',
      states: { held: 'is held', lifted: 'is lifted' },
      fields: {},
      keys: () => [],
      backends: () => [],
    });

  test.each(['firewall-drop', 'firewall-drop.sh', 'ipfw_mac', 'a', 'x'.repeat(MAX_NAME)])(
    '%s',
    (name) => {
      expect(named(name).name).toBe(name);
    },
  );

  test.each(['', 'Upper', '-a', '1a', 'a b', 'a/b', '_a', 'x'.repeat(MAX_NAME + 1)])(
    '%j is refused, as an alias too',
    (name) => {
      expect(() => named(name)).toThrow(TypeError);
      expect(() => named('fine', [name])).toThrow(TypeError);
    },
  );
});
