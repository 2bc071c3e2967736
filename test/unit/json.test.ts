import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, JsonObject, parseJson } from '../../src/lib/json.ts';

/** The value as `JSON.parse` would give it: the last of two equal names wins. */
function plain(value: Json): unknown {
  if (value instanceof JsonObject) {
    return Object.fromEntries(value.members.map((one) => [one.name, plain(one.value)]));
  }
  return Array.isArray(value) ? value.map((inner: Json) => plain(inner)) : value;
}

const root = (text: string): JsonObject => {
  const value = parseJson(text);
  if (!(value instanceof JsonObject)) throw new TypeError('no object');
  return value;
};

describe('agrees with JSON.parse', () => {
  test('on any value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (text, space) => {
        const value = JSON.parse(text) as unknown;
        expect(plain(parseJson(JSON.stringify(value, null, space)))).toEqual(value);
      }),
    );
  });

  test('on what is no JSON, apart from what follows the value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\ntrue0-1.e \u0001'), maxLength: 12 }),
        (text) => {
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            return;
          }
          expect(plain(parseJson(text))).toEqual(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

const REFUSED = [
  ['nothing', ''],
  ['blanks', ' \t\r\n'],
  ['an object that does not end', '{"a":1'],
  ['an array that does not end', '[1,2'],
  ['a string that does not end', '{"a":"b'],
  ['a string that ends in a backslash', '"a\\'],
  ['a string whose last quote is escaped', '"a\\"'],
  ['a name without quotes', '{a:1}'],
  ['a name without a value', '{"a":}'],
  ['a name without a colon', '{"a" 1}'],
  ['a comma too many', '{"a":1,}'],
  ['a comma too many in an array', '[1,]'],
  ['a raw control character', '"a\u0001b"'],
  ['a raw line end in a string', '"a\nb"'],
  ['an unknown escape', '"\\x21"'],
  ['half an escape', '"\\u12"'],
  ['a word', 'nul'],
  ['a word of JavaScript', 'NaN'],
  ['a plus', '+1'],
  ['single quotes', "{'a':1}"],
  ['a comment', '/**/{}'],
  ['the byte order mark', '\ufeff{}'],
] as const;

test.each(REFUSED)('refuses %s', (_what, text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

describe('depth', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test('two hundred levels are fine', () => {
    expect(() => parseJson(nested(200))).not.toThrow();
  });

  test.each([202, 10_000, 1_000_000])('%i levels are refused, not overflowed', (depth) => {
    expect(() => parseJson('['.repeat(depth))).toThrow('nested too deeply');
    expect(() => parseJson('{"a":'.repeat(depth))).toThrow('nested too deeply');
  });
});

test('what follows the value is ignored', () => {
  for (const rest of ['x', '{"command":"delete"}', ']', '\u0000']) {
    expect(root(`{"command":"add"}${rest}`).text('command')).toBe('add');
  }
});

test('the first of two equal names counts, and all are to be had', () => {
  const object = root('{"command":"add","a":{"b":1},"command":"delete","A":{"b":2},"a":3}');
  expect(object.text('command')).toBe('add');
  expect(object.all('command').map(({ value }) => value)).toEqual(['add', 'delete']);
  expect(object.at('a.b')).toBe(1);
});

test('names match without regard to ASCII case and to nothing more', () => {
  expect(root('{"SrcIP":"x"}').text('srcip')).toBe('x');
  expect(root('{"srcip":"x"}').text('SRCIP')).toBe('x');
  // The sign of the kelvin is a k to some, and the long s an s.
  expect(root('{"\u212aey":"x"}').text('key')).toBeUndefined();
  expect(root('{"\u017frcip":"x"}').text('srcip')).toBeUndefined();
});

test('a name of the prototype is a name like any other', () => {
  expect(root('{}').at('constructor')).toBeUndefined();
  expect(root('{"__proto__":"x"}').text('__proto__')).toBe('x');
});

test('a path ends where a step on the way is no object', () => {
  const object = root('{"a":"text","b":[{"c":1}],"d":null,"n":5}');
  for (const path of ['a.length', 'b.0.c', 'd.e', 'x.y.z']) {
    expect(object.at(path)).toBeUndefined();
  }
  expect(object.text('n')).toBeUndefined();
  expect(object.object('b')).toBeUndefined();
});
