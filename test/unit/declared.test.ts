import { describe, expect, test } from 'vitest';
import { defineAction, defineDeed } from '../../src/lib/action.ts';
import { must, run, says, unexpected } from '../../src/lib/effect.ts';
import { srcip } from '../../src/lib/fields.ts';
import { actionsOn } from '../support/actions.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { asTested } from '../support/custom.ts';
import { ModelHost } from '../support/model-host.ts';

const IP = '203.0.113.7';

/** An action of a user's whose tool nobody here knows, and which tells by its words alone. */
const action = defineAction({
  name: 'gatekeeper',
  summary: 'Bans the source address at the gatekeeper.',
  states: { held: 'is banned', lifted: 'is no longer banned' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, { holder }) => {
    const ban = run('gatekeeper', 'ban', holder, ip.text);
    const unban = run('gatekeeper', 'unban', holder, ip.text);
    return [
      {
        name: 'gatekeeper',
        longest: 0,
        record: false,
        effects: [
          {
            what: `${ip.text} banned`,
            ground: { what: 'the list', ways: [[must(run('gatekeeper', 'init'), 'laid')]] },
            make: {
              command: ban,
              read: (completed) => {
                if (completed.exitCode === 0) return 'made';
                if (says(completed, 'already banned')) return 'present';
                if (says(completed, 'no list')) return 'groundless';
                throw unexpected(ban, completed);
              },
            },
            undo: {
              command: unban,
              read: (completed) => {
                if (completed.exitCode === 0) return 'undone';
                if (says(completed, 'never banned')) return 'absent';
                throw unexpected(unban, completed);
              },
            },
          },
        ],
      },
    ];
  },
});

const [wazuh4] = PROTOCOLS;

const ran = async (host: ModelHost, verb: 'add' | 'delete', holder?: string) => {
  if (!wazuh4) throw new Error('no protocol');
  const ask = { program: 'gatekeeper', verb, subject: 'srcip', text: IP } as const;
  return (await call(action, wazuh4, ask, host, holder === undefined ? {} : { holder })).outcome;
};

describe('a tool that has no model', () => {
  test('answers in the words that the action reads', async () => {
    const host = new ModelHost({ bare: true });
    expect(await ran(host, 'delete')).toBe('absent');
    expect(await ran(host, 'add')).toBe('applied');
    expect(host.commands.slice(1)).toEqual([
      `gatekeeper ban gatekeeper ${IP}`,
      'gatekeeper init',
      `gatekeeper ban gatekeeper ${IP}`,
    ]);
    expect(host.answers[1]).toBe('1 no list');
    expect([await ran(host, 'add'), host.holds(IP), host.holds(`${IP}0`)]).toEqual([
      'already',
      true,
      false,
    ]);
    expect(await ran(host, 'add', 'other')).toBe('applied');
    expect([await ran(host, 'delete'), host.holds(IP)]).toEqual(['removed', true]);
    expect([await ran(host, 'delete', 'other'), host.holds(IP)]).toEqual(['removed', false]);
  });

  test('loses what it held', async () => {
    const host = new ModelHost({ bare: true });
    await ran(host, 'add');
    host.tool(run('declared', 'lose'));
    expect(host.holds(IP)).toBe(false);
    expect([await ran(host, 'add'), host.holds(IP)]).toEqual(['applied', true]);
  });
});

test('a deed by a tool that has no model is done once, after the agent’s answer', async () => {
  const deed = defineDeed({
    name: 'pager',
    summary: 'Calls somebody.',
    fields: { ip: srcip },
    keys: ({ ip }) => [ip.text],
    once: ({ ip }) => ({
      what: 'somebody is called',
      checks: [must(run('pager', 'status'), 'good')],
      steps: [must(run('pager', 'call', ip.text), 'done')],
    }),
  });
  const host = new ModelHost({ bare: true });
  const ask = { program: 'pager', verb: 'add', subject: 'srcip', text: IP } as const;
  if (!wazuh4) throw new Error('no protocol');
  expect(await call(deed, wazuh4, ask, host, { temper: 'abort' })).toMatchObject({
    outcome: 'already',
  });
  expect(host.holds(IP)).toBe(false);
  expect(await call(deed, wazuh4, ask, host)).toMatchObject({ outcome: 'applied' });
  expect(host.state()).toContain(`declared pager call ${IP}`);
});

test('what the README lists is tested with models of its tools alone', async () => {
  const never = () => {
    throw new Error('it was tried out');
  };
  const ours = actionsOn('linux').find(({ file }) => file === 'firewall-drop')?.action ?? action;
  expect(await asTested(ours, new ModelHost(), never)).toBe(ours);
  await expect(asTested({ ...action }, new ModelHost(), never)).rejects.toThrow('it was tried out');
});
