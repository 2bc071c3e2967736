import { describe, expect, test } from 'vitest';
import { RESPONSES } from '../support/actions.ts';
import { ROWS } from '../support/matrix.ts';

test('there are actions', () => {
  expect(RESPONSES.length).toBeGreaterThan(0);
});

describe.each(RESPONSES.map((found) => [`${found.platform}/${found.file}`, found] as const))(
  '%s',
  (_name, { file, platform, action }) => {
    test('is named as its file', () => {
      expect(action.name).toBe(file);
    });

    test('says in one sentence what it does', () => {
      expect(action.summary).toMatch(/^[A-Z].*\.$/);
    });

    test('shares no name with another of its platform', () => {
      const names = RESPONSES.filter((other) => other.platform === platform).flatMap((other) => [
        other.action.name,
        ...other.action.aliases,
      ]);
      expect(new Set(names).size).toBe(names.length);
    });
  },
);

/** Tools of the one address family that a run about the other must never name. */
const FOREIGN = {
  IPv4: /^ip6|inet6|interface ipv6/m,
  IPv6: /^(?:iptables|ip -4)\b|family inet\b|^route (?:-p )?(?:ADD|DELETE)\b|^route (?:-\w )+(?:add|delete|get) (?!-inet6)/m,
};

/** The rows about one address family, and what they must never name. */
const FAMILIES = ROWS.flatMap((row) => {
  const { kind } = row.example;
  return kind === 'IPv4' || kind === 'IPv6' ? [[row.name, row, FOREIGN[kind]] as const] : [];
});

test.each(FAMILIES)('%s keeps to its address family', async (_name, row, foreign) => {
  for (const prepare of [row.fresh(), await row.used()]) {
    for (const verb of ['add', 'add', 'delete', 'delete'] as const) await row.call(verb, prepare);
    expect(prepare.commands.join('\n')).not.toMatch(foreign);
  }
});

const ONE_COMMAND = ROWS.filter(({ backends }) => backends[0]?.name === 'nft');

test.each(ONE_COMMAND.map((row) => [row.name, row] as const))(
  '%s: the usual add and delete are one command each',
  async (_name, row) => {
    const host = await row.used();
    for (const verb of ['add', 'delete'] as const) {
      host.commands.length = 0;
      await row.call(verb, host);
      expect(host.commands).toHaveLength(1);
    }
  },
);
