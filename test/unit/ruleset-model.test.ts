import { describe, expect, test } from 'vitest';
import { osRegex } from '../support/ruleset/expression.ts';
import { readRules, ruleFor } from '../support/ruleset/rules.ts';
import { parseXml } from '../support/ruleset/xml.ts';

// What the tests of the ruleset stand on: a reader and expressions that are as strict as a manager's.
describe('the reader', () => {
  test('reads elements side by side, attributes, text and comments', () => {
    const [first, second] = parseXml('<!-- a --><a x="1" y="2">\n<b>t</b></a>');
    expect(first).toMatchObject({ name: 'a', attributes: { x: '1', y: '2' }, text: '' });
    expect(first?.children).toEqual([{ name: 'b', attributes: {}, children: [], text: 't' }]);
    expect(second).toBeUndefined();
  });

  test.each([
    ['not closed', '<a>'],
    ['closed twice', '<a></a></a>'],
    ['closed by another', '<a><b></a></b>'],
    ['text beside elements', '<a>text<b>t</b></a>'],
    ['text outside', 'text<a>t</a>'],
    ['an entity', '<a>&amp;</a>'],
    ['an attribute twice', '<a x="1" x="2">t</a>'],
    ['single quotes', "<a x='1'>t</a>"],
    ['a comment in a comment', '<!-- a -- b --><a>t</a>'],
    ['a comment that ends early for a manager', '<!-- a !> b --><a>t</a>'],
    ['an instruction', '<?xml version="1.0"?><a>t</a>'],
  ])('refuses %s', (_, source) => {
    expect(() => parseXml(source)).toThrow();
  });
});

describe('expressions', () => {
  test.each([
    ['^a.b$', 'a.b', true],
    ['^a.b$', 'axb', false],
    ['a+', 'aa', false],
    ['^\\w+$', 'a@b-c_1', true],
    ['^\\w+$', 'a.b', false],
    ['^\\S+: x', 'bin/a: x', true],
    ['^\\S+: x', 'bin/a b: x', false],
    ['^one$|^two$', 'TWO', true],
    ['^one$|^two$', 'twofold', false],
    ['^{"a":{', '{"a":{', true],
    ['\\$', 'a$b', true],
    ['^a\\.+z', 'az', false],
    ['^a\\.+z', 'a\n\nz', true],
  ])('%s on %s', (expression, text, wanted) => {
    expect(osRegex(expression).test(text)).toBe(wanted);
  });

  test.each(['(a)', '\\q', 'a||b', '^a$|'])('refuses %s', (expression) => {
    expect(() => osRegex(expression)).toThrow();
  });
});

test('rules are asked by level, 0 first, and a child has the last word', () => {
  const rule = (id: number, level: number, inner: string) =>
    `<rule id="${id}" level="${level}">${inner}<description>d</description></rule>`;
  const rules = readRules(
    `<group name="g,">${rule(1, 0, '<decoded_as>x</decoded_as>')}${rule(2, 3, '<if_sid>1</if_sid>')}${rule(
      3,
      9,
      '<if_sid>1</if_sid><field name="f">^a$</field>',
    )}${rule(4, 2, '<if_sid>3</if_sid><field name="g">b</field>')}</group>`,
  );
  const ends = (fields: Record<string, string>, decoder = 'x') =>
    ruleFor(rules, { decoder, fields: new Map(Object.entries(fields)) })?.id;
  expect(ends({})).toBe(2);
  expect(ends({ f: 'a' })).toBe(3);
  expect(ends({ f: 'a', g: 'b' })).toBe(4);
  expect(ends({ f: 'a' }, 'y')).toBeUndefined();
});
