import { describe, expect } from 'vitest';
import { execd } from '../support/execd.ts';
import { alerts, lines } from './support/decoders.ts';
import { adds, declined, deletes, dialectOf, EXIT, EXPECTED } from './support/expected.ts';
import { keysLine, MESSAGES, message, text } from './support/messages.ts';
import { it, NAMES } from './support/stage.ts';

describe('every sample message', () => {
  it('is expected to do something here', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(MESSAGES);
  });
});

describe.for(NAMES)('%s with an agent', (program) => {
  it.concurrent.for(adds)('blocks and lifts what $name says', async (given, { stage }) => {
    const { name, add: target } = given;
    const agent = execd({
      home: stage.home.path,
      dialect: dialectOf(name),
      enter: stage.enter,
      program,
      listen: true,
    });
    const run = await agent.add(message(name), { timeout: 60 });
    expect(run).toMatchObject({
      exitCode: 0,
      reply: 'continue',
      keysLine: keysLine(target, program),
      key: `${program}-${target}`,
      stdoutAfter: '',
    });
    expect(await stage.blocked(program)).toEqual([target]);
    expect(await agent.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(await stage.blocked(program)).toEqual([]);
    expect(stage.home.outcomes()).toMatchObject([
      { outcome: 'applied', verb: 'add', target, holder: program, exit: 0, answer: 'continue' },
      { outcome: 'removed', verb: 'delete', target, holder: program, exit: 0 },
    ]);
    // Rules read the fourth generation's form only; 5 has no rules for this log.
    expect(alerts(stage.home.log())).toEqual(name.startsWith('4x') ? [651, 652] : []);
  });
});

describe('echo MESSAGE | firewall-drop', () => {
  it.concurrent.for(adds)('$name: blocked, unanswered', async ({ name, add }, { stage }) => {
    const run = await stage.feed(`${text(name)}\n`);
    expect(run).toMatchObject({ exitCode: 13, stdout: `${keysLine(add)}\n` });
    expect(await stage.blocked()).toEqual([add]);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'unanswered', exit: 13 }]);
  });

  it.concurrent.for(deletes)('$name: nothing printed', async ({ name, target }, { stage }) => {
    const run = await stage.feed(`${text(name)}\n`);
    expect(run).toMatchObject({ exitCode: 0, stdout: '' });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'absent', target }]);
  });

  it.concurrent.for(declined)('$name: $declines', async (given, { stage }) => {
    const { name, declines, says } = given;
    const run = await stage.feed(`${text(name)}\n`);
    expect(run).toMatchObject({ exitCode: EXIT[declines], stdout: '' });
    expect(await stage.blocked()).toEqual([]);
    const log = stage.home.log();
    expect(stage.home.outcomes()).toMatchObject([{ outcome: declines, exit: EXIT[declines] }]);
    expect(lines(log).some((line) => line.includes(`firewall-drop: ${says}`))).toBe(true);
    expect(alerts(log)).toEqual([]);
  });
});

it('prints the bytes of the sample reply, and nothing after the line', async ({ stage }) => {
  const run = await stage.feed(`${text('4x-add-ssh-5710-firewall-drop')}\n`);
  expect(run.stdout).toBe(`${text('4x-reply-check_keys-firewall-drop')}\n`);
});
