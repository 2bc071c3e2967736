import { describe, expect, test } from 'vitest';
import { choose } from '../../src/lib/choice.ts';
import type { Backend } from '../../src/lib/effect.ts';
import { ActionError } from '../../src/lib/outcome.ts';

const backend = (name: string, longest: number): Backend => ({
  name,
  longest,
  effects: [],
  record: false,
});

const ALL = [backend('nft', 1_000), backend('ipset', 100), backend('iptables', 0)];
const OPEN = { schedule: { kind: 'open' } } as const;
const exact = (seconds: number) => ({ schedule: { kind: 'exact', seconds } }) as const;
const names = (list: readonly Backend[]) => list.map(({ name }) => name).join(' ');

test.each([
  [{}, OPEN, 'nft ipset iptables'],
  [{ backend: 'ipset' }, OPEN, 'ipset'],
  [{}, exact(100), 'nft ipset'],
  [{}, exact(101), 'nft'],
  [{ backend: 'nft' }, exact(1_000), 'nft'],
  [{ backend: 'iptables' }, { schedule: { kind: 'stated', seconds: 9_999 } }, 'iptables'],
] as const)('%j with %j may try %s', (options, request, expected) => {
  expect(names(choose(ALL, options, request))).toBe(expected);
});

describe('a person’s time that nobody can keep is a mistake, with the limits', () => {
  test.each([
    [{ backend: 'iptables' }, 1],
    [{ backend: 'ipset' }, 101],
    [{}, 1_001],
  ])('%j for %i s', (options, seconds) => {
    const act = () => choose(ALL, options, exact(seconds));
    expect(act).toThrow(ActionError);
    expect(act).toThrow(/s at most/);
  });
});
