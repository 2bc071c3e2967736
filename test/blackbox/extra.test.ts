import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { execd } from '../support/execd.ts';
import { alert, message } from './support/messages.ts';
import { it, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';
const NOTE = /: Ignored (\d+) extra argument/;

async function add(stage: Stage, extra: readonly string[], dialect: 'wazuh4' | 'wazuh5') {
  const agent = execd({ home: stage.home.path, enter: stage.enter, dialect });
  const stated = {
    ...message('5x-enable-stateful-block-ip'),
    wazuh: { active_response: { type: 'stateless', extra_arguments: extra.join(' ') } },
  };
  return agent.add(dialect === 'wazuh4' ? JSON.parse(alert(IP, 'add', extra)) : stated);
}

describe.for(['wazuh4', 'wazuh5'] as const)('extra arguments from %s', (dialect) => {
  it.concurrent.for([['--backend', 'iptables'], ['--backend=iptables']])(
    '%s are obeyed',
    async (extra, { stage }) => {
      expect(await add(stage, extra, dialect)).toMatchObject({ exitCode: 0 });
      expect(stage.home.outcomes()).toMatchObject([{ outcome: 'applied', backend: 'iptables' }]);
      expect((await stage.shell('iptables -S')).stdout).toContain(`-s ${IP}/32`);
      expect(await stage.blocked()).toEqual([]);
      expect(stage.home.log()).not.toMatch(NOTE);
    },
  );

  it.concurrent.for([
    ['--dry-run'],
    ['--home', '/nonexistent/home'],
    ['--force'],
    ['--help'],
    ['--for', '1s'],
    ['--backend', 'pf'],
    ['--backend'],
    ['--srcip', '198.51.100.1'],
    ['delete'],
    ['--constructor', '--__proto__=x'],
  ])('%s are ignored and noted', async (extra, { stage }) => {
    expect(await add(stage, extra, dialect)).toMatchObject({ exitCode: 0, reply: 'continue' });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'applied', backend: 'nft' }]);
    expect(await stage.blocked()).toEqual([IP]);
    expect(NOTE.exec(stage.home.log())?.[1]).toBe(String(extra.length));
    expect(existsSync('/nonexistent')).toBe(false);
  });
});
