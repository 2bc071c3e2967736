import { describe, expect } from 'vitest';
import { execd } from '../support/execd.ts';
import { alerts } from './support/decoders.ts';
import { alert, message } from './support/messages.ts';
import { it, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';
const FIRST = JSON.parse(alert(IP));

const agent = (stage: Stage, dialect: 'wazuh4' | 'wazuh5' = 'wazuh4') =>
  execd({ home: stage.home.path, enter: stage.enter, dialect });

describe('under an agent', () => {
  it.concurrent('a repeated add is answered abort, and the block is renewed', async ({ stage }) => {
    const wazuh = agent(stage);
    expect(await wazuh.add(FIRST, { timeout: 600 })).toMatchObject({ reply: 'continue' });
    const again = await wazuh.add(FIRST, { timeout: 600 });
    expect(again).toMatchObject({ reply: 'abort', exitCode: 0 });
    expect(await stage.blocked()).toEqual([IP]);
    expect(stage.home.outcomes()).toMatchObject([
      { outcome: 'applied', answer: 'continue' },
      { outcome: 'already', answer: 'abort' },
    ]);
    expect(stage.home.log()).toContain(': Aborted\n');
    expect(await wazuh.stop()).toHaveLength(1);
    expect(await stage.blocked()).toEqual([]);
  });

  it.concurrent('a block that was lost heals at the next alert', async ({ stage }) => {
    const wazuh = agent(stage);
    await wazuh.add(FIRST, { timeout: 600 });
    await stage.shell('nft flush ruleset');
    expect(await wazuh.add(FIRST, { timeout: 600 })).toMatchObject({ reply: 'abort', exitCode: 0 });
    expect(await stage.blocked()).toEqual([IP]);
  });

  it.concurrent('the delete comes when the timeout is over', async ({ stage }) => {
    const wazuh = agent(stage, 'wazuh5');
    const stated = message('5x-enable-stateful-block-ip');
    await wazuh.add(stated, { timeout: 1 });
    expect(await stage.blocked()).toEqual([IP]);
    expect(await wazuh.nextDelete()).toMatchObject({ exitCode: 0 });
    expect(await stage.blocked()).toEqual([]);
    expect(wazuh.pending).toEqual([]);
  });

  it.concurrent('a refused address is not registered, and is tried again', async ({ stage }) => {
    const wazuh = agent(stage);
    const loopback = JSON.parse(alert('127.0.0.1'));
    for (let round = 0; round < 2; round += 1) {
      const run = await wazuh.add(loopback, { timeout: 600 });
      expect(run).toMatchObject({ reply: undefined, keysLine: undefined, exitCode: 5 });
    }
    expect(wazuh.pending).toEqual([]);
  });

  it.concurrent('neighbours are blocked and lifted one by one', async ({ stage }) => {
    const wazuh = agent(stage);
    const addresses = ['203.0.113.7', '203.0.113.70', '2001:db8::7', '2001:db8::70'];
    for (const ip of addresses) await wazuh.add(JSON.parse(alert(ip)), { timeout: 600 });
    expect(await stage.blocked()).toEqual([...addresses].sort());
    await wazuh.delete(FIRST);
    await wazuh.delete(JSON.parse(alert('2001:db8::7')));
    expect(await stage.blocked()).toEqual(['2001:db8::70', '203.0.113.70']);
  });

  it.concurrent('two programs hold one address, each for itself', async ({ stage }) => {
    const wazuh = agent(stage);
    await wazuh.add(FIRST, { timeout: 600 });
    const other = await wazuh.add(FIRST, { timeout: 600, program: 'default-firewall-drop' });
    expect(other).toMatchObject({ reply: 'continue', exitCode: 0 });
    await wazuh.delete(FIRST);
    expect(await stage.blocked()).toEqual([]);
    expect(await stage.blocked('default-firewall-drop')).toEqual([IP]);
  });

  it.concurrent('an undo that nobody asked for is fine', async ({ stage }) => {
    expect(await agent(stage).delete(FIRST)).toMatchObject({ exitCode: 0 });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'absent', target: IP }]);
    expect(alerts(stage.home.log())).toEqual([652]);
  });
});
