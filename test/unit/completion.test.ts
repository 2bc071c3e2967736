import { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { bashScript } from '../../src/cli/completion/bash.ts';
import { fishScript } from '../../src/cli/completion/fish.ts';
import { grammarOf } from '../../src/cli/completion/grammar.ts';
import { powershellScript } from '../../src/cli/completion/powershell.ts';
import { zshScript } from '../../src/cli/completion/zsh.ts';
import { commands } from '../../src/cli/index.ts';
import type { Described } from '../../src/cli/subcommand.ts';
import { isOpen } from '../../src/lib/options.ts';
import { RESPONSES } from '../support/actions.ts';

const ACTIONS = RESPONSES.filter(({ platform }) => platform === 'linux').map(
  ({ action }) => action,
);
const GRAMMAR = grammarOf(commands, ACTIONS, '1.2.3');

const node = (id: string, grammar = GRAMMAR) => {
  const found = grammar.nodes.find((one) => one.id === id);
  if (!found) throw new Error(`there is no ${id}`);
  return found;
};
const flag = (id: string, name: string, grammar = GRAMMAR) =>
  node(id, grammar).flags.find(({ names }) => names.includes(name));

test('the whole has every command and every name of every action', () => {
  const words = node('riposte').next.map(({ word }) => word);
  const names = ACTIONS.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(words).toEqual([...commands.map(({ name }) => name), ...names]);
});

describe.each(ACTIONS.map((action) => [action.name, action] as const))('%s', (name, action) => {
  test('has add and delete, with an option for each field', () => {
    expect(node(name).next.map(({ word }) => word)).toEqual(['add', 'delete']);
    for (const { subject } of Object.values(action.fields)) {
      for (const verb of ['add', 'delete']) {
        expect(flag(`${name} ${verb}`, `--${subject}`)).toBeDefined();
      }
    }
  });

  test('has the options that a person may say, with their words, and no secret one', () => {
    for (const [key, option] of Object.entries(action.options)) {
      const found = flag(`${name} add`, `--${key}`);
      if (!isOpen(option)) expect(found).toBeUndefined();
      else if (option.values)
        expect(found?.value).toEqual({ kind: 'choice', words: option.values });
      else expect(found?.value).toEqual({ kind: 'text' });
    }
  });
});

test('an option that takes no value has none', () => {
  expect(flag('firewall-drop add', '--dry-run')).not.toHaveProperty('value');
  expect(flag('firewall-drop add', '--home')?.value).toEqual({ kind: 'folder' });
  expect(flag('remove-threat add', '--file')?.value).toEqual({ kind: 'file' });
});

test('a command of riposte is what it declares', () => {
  const odd: Described = {
    name: 'odd',
    summary: 'Odd.',
    describe: () =>
      new Command('riposte odd')
        .argument('<action>')
        .addOption(new Option('-l, --level <level>', "the operator's").choices(['low', 'high']))
        .option('--to <file>', 'where'),
    run: async () => 0,
  };
  const grammar = grammarOf([odd], ACTIONS, '1');
  expect(node('riposte odd', grammar).value).toMatchObject({ kind: 'choice' });
  expect(flag('riposte odd', '-l', grammar)).toEqual({
    names: ['-l', '--level'],
    help: "the operator's",
    value: { kind: 'choice', words: ['low', 'high'] },
  });
  expect(flag('riposte odd', '--to', grammar)?.value).toEqual({ kind: 'file' });
  // What is said in a help text is no code in any shell.
  expect(zshScript(grammar)).toContain(`'--level:the operator'\\''s'`);
  expect(fishScript(grammar)).toContain(`-d 'the operator\\'s'`);
  expect(powershellScript(grammar)).toContain(`, @('--level', 'the operator''s')`);
  expect(powershellScript(grammar)).toContain(`'riposte odd -l' = @('low', 'high')`);
  expect(bashScript(grammar)).toContain(
    "'riposte odd -l'|'riposte odd --level') _riposte_words 'low high'",
  );
});

test('an apostrophe of any kind ends no text of PowerShell', () => {
  const kinds = '\u2018\u2019\u201a\u201b';
  const hidden = { name: 'hidden', summary: kinds, hidden: true as const, run: async () => 0 };
  const shown = { name: 'shown', summary: `a${kinds}b`, run: async () => 0 };
  const script = powershellScript(grammarOf([hidden, shown], ACTIONS, '1'));
  expect(script).toContain(`@('shown', 'a${"''".repeat(4)}b')`);
  expect(script).not.toMatch(/[\u2018-\u201b]|hidden/);
});
