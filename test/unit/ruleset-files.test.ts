import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode } from '../support/ruleset/decoding.ts';
import { osRegex } from '../support/ruleset/expression.ts';
import { DECODER_FILES, filesOf, RULES } from '../support/ruleset/files.ts';
import { described, ruleFor } from '../support/ruleset/rules.ts';
import { FIRST_RULES, NEXT_RULES, STOCK } from '../support/ruleset/stock.ts';
import { type Element, parseXml } from '../support/ruleset/xml.ts';

const decoders = DECODER_FILES.flatMap((file) => file.decoders);

/** Elements, the attributes that each must have, and those it may have. */
type Schema = Readonly<Record<string, readonly [must: readonly string[], may?: readonly string[]]>>;

// The part of the managers' formats that ours use, and what every 4.x manager understands: no `type`
// and no `negate`, which came later. An option that a manager does not know keeps it from starting.
const DECODER: Schema = {
  parent: [[]],
  prematch: [[]],
  plugin_decoder: [['offset']],
};
const RULE: Schema = {
  decoded_as: [[]],
  if_sid: [[]],
  if_matched_group: [[]],
  field: [['name']],
  options: [[]],
  description: [[]],
  group: [[]],
};

function fits({ name, attributes, children, text }: Element, schema: Schema, leaf = true): void {
  const [must, may = []] = schema[name] ?? [];
  if (!must) throw new Error(`<${name}> has no place there`);
  expect(Object.keys(attributes), name).toEqual(expect.arrayContaining([...must]));
  for (const each of Object.keys(attributes)) expect([...must, ...may], name).toContain(each);
  if (!leaf) return;
  expect(children, name).toEqual([]);
  expect(text, name).toMatch(/^\S[^\n]*$/);
}

describe.each([...filesOf('decoders')])('%s', (file, source) => {
  test('holds decoders and nothing else', () => {
    for (const decoder of parseXml(source)) {
      fits(decoder, { decoder: [['name']] }, false);
      for (const child of decoder.children) fits(child, DECODER);
      const offset = decoder.children.find(({ name }) => name === 'plugin_decoder')?.attributes;
      expect(offset ?? { offset: 'after_prematch' }).toEqual({ offset: 'after_prematch' });
    }
  });

  test('is read before any stock decoder', () => {
    for (const stock of Object.values(STOCK).flat()) expect(file < stock.file).toBe(true);
    expect(file < '0005').toBe(true);
  });
});

test('every decoder has a name of its own and its parent before it', () => {
  const names = decoders.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const [index, { parent }] of decoders.entries()) {
    if (parent) expect(names.slice(0, index)).toContain(parent);
  }
  const stock = Object.values(STOCK).flatMap((files) => files.flatMap((file) => file.decoders));
  for (const { name } of stock) expect(names).not.toContain(name);
});

describe.each([...filesOf('rules')])('%s', (file, source) => {
  test('holds rules and nothing else', () => {
    for (const group of parseXml(source)) {
      fits(group, { group: [['name']] }, false);
      expect(group.attributes.name).toMatch(/,$/);
      for (const rule of group.children) {
        fits(
          rule,
          {
            rule: [
              ['id', 'level'],
              ['frequency', 'timeframe'],
            ],
          },
          false,
        );
        for (const child of rule.children) fits(child, RULE);
        expect(rule.children.filter(({ name }) => name === 'description')).toHaveLength(1);
      }
    }
  });

  test('is read after the rule that it hangs below and before the other stock rules', () => {
    expect(file > FIRST_RULES && file < NEXT_RULES).toBe(true);
  });

  test('a count has a number, a time and what is counted', () => {
    const rules = parseXml(source).flatMap(({ children }) => children);
    for (const { attributes, children } of rules) {
      const counts = children.some(({ name }) => name === 'if_matched_group');
      expect('frequency' in attributes && 'timeframe' in attributes).toBe(counts);
      if (!counts) continue;
      expect(Number(attributes.frequency)).toBeGreaterThanOrEqual(2);
      expect(Number(attributes.timeframe)).toBeLessThanOrEqual(99_999);
    }
  });
});

describe('the rules', () => {
  test('have ids of their own in the range for people’s own rules', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id >= 100_000 && id <= 120_000).toBe(true);
    for (const { level } of RULES) expect(Number.isInteger(level) && level <= 16).toBe(true);
  });

  test('hang below one of their own, which stands before them, or know their decoder', () => {
    for (const [index, { parents, decodedAs, matchedGroup }] of RULES.entries()) {
      const before = RULES.slice(0, index);
      if (matchedGroup) {
        expect(before.some(({ groups }) => groups.includes(matchedGroup))).toBe(true);
      } else if (decodedAs) {
        expect(decoders.some(({ name, parent }) => name === decodedAs && !parent)).toBe(true);
      } else expect(parents).not.toEqual([]);
      for (const parent of parents) expect(before.map(({ id }) => id)).toContain(parent);
    }
  });

  test('what is counted is no group of the rule that counts, nor of one that only groups', () => {
    const counted = RULES.flatMap(({ matchedGroup }) => matchedGroup ?? []);
    expect(counted).not.toEqual([]);
    for (const { groups, matchedGroup, level, parents } of RULES) {
      if (!groups.some((group) => counted.includes(group))) continue;
      expect(matchedGroup).toBeUndefined();
      expect(level).toBeGreaterThanOrEqual(8);
      expect(parents).not.toEqual([]);
    }
  });

  test('look at and quote only what the log’s page lists', () => {
    const page = readFileSync(new URL('../../docs/log.md', import.meta.url), 'utf8');
    const members = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)])
      .map(([, name]) => `riposte.${name}`);
    const quoted = RULES.flatMap(({ description }) =>
      [...description.matchAll(/\$\(([^)]*)\)/g)].map(([, name = '']) => name),
    );
    const names = RULES.flatMap(({ fields }) => fields.map(([name]) => name));
    expect(members).toContain('riposte.outcome');
    for (const name of [...quoted, ...names]) expect(members).toContain(name);
  });

  test('have expressions that are understood', () => {
    for (const [, expression] of RULES.flatMap(({ fields }) => fields)) osRegex(expression);
  });
});

describe('docs/ruleset.md', () => {
  const page = readFileSync(new URL('../../docs/ruleset.md', import.meta.url), 'utf8');

  test('has the table of the rules', () => {
    const rows = [...page.matchAll(/^\| (\d{6}) \| (\d+) \|/gm)];
    expect(rows.map(([, id, level]) => [Number(id), Number(level)])).toEqual(
      RULES.map(({ id, level }) => [id, level]),
    );
  });

  test('shows an alert that is one', () => {
    const [line = ''] = /^2026\/\S+ \S+ active-response.*$/m.exec(page) ?? [];
    const event = decode(DECODER_FILES, line);
    const rule = event && ruleFor(RULES, event);
    const [, json = '{}'] = /```json\n([^`]*)```/.exec(page) ?? [];
    const alert = JSON.parse(json);
    expect(alert.rule).toMatchObject({
      id: String(rule?.id),
      level: rule?.level,
      groups: rule?.groups,
      description: rule && event && described(rule, event),
    });
    expect(alert.decoder.name).toBe(event?.decoder);
    const fields = Object.entries(alert.data.riposte).map(([name, value]) => [
      `riposte.${name}`,
      value,
    ]);
    expect(fields).toEqual([...(event?.fields ?? [])]);
  });

  test.each([...filesOf('decoders').keys(), ...filesOf('rules').keys()])('names %s', (file) => {
    expect(page).toContain(file);
  });
});

const xmllint = (() => {
  try {
    execFileSync('xmllint', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!xmllint)('xmllint finds nothing (skipped where it is not installed)', () => {
  for (const source of [...filesOf('decoders').values(), ...filesOf('rules').values()]) {
    const input = `<files>${source}</files>`;
    execFileSync('xmllint', ['--noout', '--nonet', '-'], {
      input,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }
});
