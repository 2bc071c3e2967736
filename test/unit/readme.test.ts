import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RESPONSES } from '../support/actions.ts';

const ROOT = new URL('../../', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const README = page('README.md');
const CHANGELOG = page('CHANGELOG.md');

/** A cell without its Markdown. */
const plain = (cell: string) => cell.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');

/** What the table says of one action. */
interface Row {
  readonly also: readonly string[];
  readonly cells: readonly string[];
  readonly page: string;
}

/** The rows of the table of actions, by the system and the program's name. */
const ROWS: ReadonlyMap<string, Row> = new Map(
  README.split('\n')
    .filter((line) => line.startsWith('| [`'))
    .map((line) => {
      const [names = '', ...cells] = line
        .replace(/^\| | \|$/g, '')
        .split(' | ')
        .map(plain);
      const [name = '', ...also] = names.split(/, also |, /);
      const page = /\]\(([^)]*)\)/.exec(line)?.[1] ?? '';
      return [`${cells[0]} ${name}`, { also, cells, page }] as const;
    }),
);

const SYSTEMS: Readonly<Record<string, string>> = {
  linux: 'Linux',
  windows: 'Windows',
  macos: 'macOS, BSD',
};

/** The systems that the table tells of. */
const TOLD = new Set([...ROWS.values()].map(({ cells: [system] }) => system));

/** Riposte's own; what else stands in `scripts/` is its user's, who owes nobody a table. */
const OWN = RESPONSES.filter(
  ({ file, platform }) => CHANGELOG.includes(`\`${file}\``) && TOLD.has(SYSTEMS[platform]),
);

const keyOf = ({ platform, file }: (typeof OWN)[number]): string => `${SYSTEMS[platform]} ${file}`;

test('the table has a row for every action of the changelog, and no other', () => {
  expect([...ROWS.keys()].sort()).toEqual(OWN.map(keyOf).sort());
});

describe.each(OWN.map((found) => [keyOf(found), found] as const))(
  'the row of %s',
  (name, { platform, action }) => {
    const row = ROWS.get(name);

    test('says what its declaration says', () => {
      const { needs, summary, proof } = action;
      expect(row?.also).toEqual(action.aliases);
      expect(row?.cells).toEqual([SYSTEMS[platform], needs, plain(summary), proof]);
    });

    test('leads to a page', () => {
      expect(existsSync(new URL(row?.page ?? 'no page', ROOT))).toBe(true);
    });
  },
);
