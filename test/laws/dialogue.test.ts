import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { ANSWERING, alerts, ROWS } from '../support/matrix.ts';

/** The line that the agent waits for, byte for byte. */
const keysLine = (program: string, text: string) =>
  `{"version":1,"origin":{"name":"${program}","module":"active-response"},"command":"check_keys","parameters":{"keys":["${text}"]}}`;

const said = (log: readonly string[], word: string) =>
  log.filter((line) => line.endsWith(`: ${word}\n`)).length;

describe.each(ANSWERING.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const { name: program } = row.action;

  test('keys are printed once, when the block holds, and never on delete', async () => {
    const host = row.fresh();
    const held: boolean[] = [];
    const onTell = () => held.push(host.holds(text));
    const { told } = await row.call('add', host, { onTell });
    expect(told).toEqual([keysLine(program, text)]);
    expect(held).toEqual([true]);
    expect(await row.call('delete', host)).toMatchObject({ told: [] });
  });

  test('an alias names itself in the keys', async () => {
    for (const alias of row.action.aliases) {
      const { told } = await row.call('add', row.fresh(), {}, { program: alias });
      expect(told).toEqual([keysLine(alias, text)]);
    }
  });

  test('abort leaves the effect too, and is logged as upstream does', async () => {
    const host = row.fresh();
    await row.call('add', host);
    const before = host.state().replace(/ ends \d+/g, '');
    host.log.length = 0;
    const ran = await row.call('add', host, { temper: 'abort' });
    expect(ran).toMatchObject({ outcome: 'already', answer: 'abort' });
    expect(host.state().replace(/ ends \d+/g, '')).toBe(before);
    expect([said(host.log, 'Aborted'), said(host.log, 'Ended')]).toEqual([1, 0]);
  });

  test('abort heals a block that was lost', async () => {
    const host = row.fresh();
    const ran = await row.call('add', host, { temper: 'abort' });
    expect(ran).toMatchObject({ outcome: 'applied', answer: 'abort' });
    expect(host.holds(text)).toBe(true);
  });

  test('continue is logged as upstream does', async () => {
    const host = row.fresh();
    await row.call('add', host);
    expect([said(host.log, 'Aborted'), said(host.log, 'Ended')]).toEqual([0, 1]);
  });

  test.each(['end', 'garbage', 'silence', 'flood'] as const)(
    'an agent that answers with %s has the keys, so the block stays',
    async (temper) => {
      const host = row.fresh();
      const ran = await row.call('add', host, { temper });
      expect(ran).toMatchObject({ outcome: 'unanswered', told: [keysLine(program, text)] });
      expect(host.holds(text)).toBe(true);
      expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    },
  );

  test('keys that cannot be delivered take the block back', async () => {
    const host = await row.used();
    const before = host.state();
    const { outcome, told } = await row.call('add', host, { temper: 'closed' });
    expect([outcome, told]).toEqual(['undelivered', []]);
    expect(host.state()).toBe(before);
    expect(alerts(host.log)).toEqual([]);
  });

  test('keys that cannot be delivered leave a block that was there before', async () => {
    const host = await row.used();
    await row.call('add', host);
    const before = host.state().replace(/ ends \d+/g, '');
    const { outcome } = await row.call('add', host, { temper: 'closed' });
    expect(outcome).toBe('undelivered');
    expect(host.state().replace(/ ends \d+/g, '')).toBe(before);
  });
});

describe.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  test('who is not waiting for keys is told nothing', async () => {
    const ran = await row.call('add', row.fresh());
    expect(ran.told).toHaveLength(row.protocol.answers ? 1 : 0);
    expect(exitCode(ran.outcome)).toBe(0);
  });

  test('every line of the log is one line with the stamp and the name before it', async () => {
    const host = row.fresh();
    for (const verb of ['add', 'delete'] as const) await row.call(verb, host);
    const { name } = row.action;
    const agent = new RegExp(
      `^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d active-response/bin/${name}: [^\\n]+\\n$`,
    );
    const shell = new RegExp(
      `^\\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d UTC \\d{4} /\\S+/active-response/bin/${name} [^\\n]+\\n$`,
    );
    for (const line of host.log) expect(agent.test(line) || shell.test(line), line).toBe(true);
  });
});
