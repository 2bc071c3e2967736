import { describe, expect, test } from 'vitest';
import { type FirewallFacts, judgeFirewall } from '../../src/cli/doctor/firewall.ts';

const chain = (holder: string, rules = ['ip', 'ip6']) => `	chain ${holder} {
		type filter hook prerouting priority raw; policy accept;
${rules.map((ip) => `		${ip} saddr @${holder}${ip === 'ip6' ? 6 : 4} drop`).join('\n')}
	}
`;
const set = (name: string) => `	set ${name} {
		type ipv4_addr
		size 1000000
		flags timeout
		counter
	}

`;
const table = (...inside: string[]) => `table inet riposte {\n${inside.join('')}}\n`;
const WHOLE = table(set('manual4'), set('manual6'), chain('manual'));

const HEALTHY: FirewallFacts = {
  ruleset: WHOLE,
  used: true,
  firewalld: false,
  iptables: 'iptables v1.8.9 (nf_tables)\n',
  legacy: [],
  bridged: [],
};

const troubles = (change: Partial<FirewallFacts>) =>
  judgeFirewall({ ...HEALTHY, ...change }).filter(({ status }) => status !== 'good');

describe('the table', () => {
  test('whole, or not there because nothing was blocked', () => {
    expect(troubles({})).toEqual([]);
    expect(judgeFirewall(HEALTHY)[0]?.what).toBe('in force in table inet riposte: manual');
    expect(troubles({ ruleset: '', used: false })).toEqual([]);
    expect(troubles({ ruleset: undefined })).toEqual([]);
  });

  test.each([
    ['gone though it was used', '', 'warning', /is gone/],
    ['dormant', WHOLE.replace('{\n', '{\n\tflags dormant\n\n'), 'bad', /dormant/],
    ['without a hook', WHOLE.replace(/\t\ttype filter.*\n/, ''), 'bad', /^what manual blocked/],
    ['at another hook', WHOLE.replace('prerouting', 'input'), 'bad', /^what manual blocked/],
    [
      'without a rule',
      table(set('manual4'), set('manual6'), chain('manual', ['ip'])),
      'bad',
      /manual/,
    ],
    ['without a chain', table(set('manual4'), set('manual6')), 'bad', /manual/],
    ['with one chain of two', table(set('a4'), set('manual4'), chain('manual')), 'bad', /^what a /],
  ] as const)('%s', (_what, ruleset, status, says) => {
    const found = troubles({ ruleset });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ status, what: expect.stringMatching(says) });
    expect(found[0]?.fix).toBeTruthy();
  });

  test('a chain of another table of that name is none of ours', () => {
    const ruleset = `table ip other {\n${chain('manual')}}\n${table(set('manual4'), set('manual6'))}`;
    expect(troubles({ ruleset })).toMatchObject([{ status: 'bad' }]);
    const after = `${table(set('manual4'), set('manual6'))}table ip other {\n${chain('manual')}}\n`;
    expect(troubles({ ruleset: after })).toMatchObject([{ status: 'bad' }]);
  });
});

describe('beside it', () => {
  test.each([
    [
      'a flowtable',
      { ruleset: `${WHOLE}table inet x {\n\tflowtable f {\n\t}\n}\n` },
      /flowtable f/,
    ],
    ['a bridged card', { bridged: ['eth0'] }, /eth0 is a port of a bridge/],
    [
      'two kinds of iptables',
      { legacy: ['filter'] },
      /iptables-legacy has rules in force too \(filter\)/,
    ],
  ] as const)('%s passes by a block, or hides one', (_what, change, says) => {
    expect(troubles(change)).toMatchObject([
      { status: 'warning', what: expect.stringMatching(says), fix: expect.any(String) },
    ]);
  });

  test.each([
    [
      'firewalld',
      { firewalld: true },
      'firewalld is running; a block by nft comes before its rules',
    ],
    [
      'legacy alone',
      { iptables: 'iptables v1.8.9 (legacy)', legacy: ['filter'] },
      'iptables is iptables-legacy',
    ],
  ] as const)('%s is said, and is well', (_what, change, what) => {
    expect(troubles(change)).toEqual([]);
    expect(judgeFirewall({ ...HEALTHY, ...change })).toContainEqual({ status: 'good', what });
  });
});
