import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { LIMIT } from '../../src/lib/ports.ts';
import { alerts, mentions, ROWS, type Row, tickets } from '../support/matrix.ts';
import { type Fault, type ModelHost, RunDied } from '../support/model-host.ts';

const HOSTS = ['fresh', 'used'] as const;
const DEATHS = ['broken', 'killed', 'hanging', 'died-before', 'died-after'] as const;

const lengths = new Map<string, number>();

/** How many commands a run that nothing disturbs takes. */
async function length(row: Row, kind: (typeof HOSTS)[number]): Promise<number> {
  const key = `${row.name} ${kind}`;
  const known = lengths.get(key);
  if (known !== undefined) return known;
  const host = await row[kind]();
  const before = host.commands.length;
  await row.call('add', host);
  lengths.set(key, host.commands.length - before);
  return host.commands.length - before;
}

/** A fault at one command of the run and none elsewhere. */
const only = (row: Row, at: number, fault: Fault) =>
  row.faults((place) => (place === at ? fault : undefined));

// How a tool fails does not depend on how the request was worded: one caller that is answered and
// one that is not stand for all.
const CALLERS = ['wazuh4', 'legacy'];
const FAILING = ROWS.filter(({ protocol }) => CALLERS.includes(protocol.name));

describe.each(FAILING.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const dropped = (host: ModelHost) => host.holds(text);

  describe.each(HOSTS)('on a %s host', (kind) => {
    test.each(DEATHS)(
      'revert cleans up after an apply that was %s at any command',
      async (death) => {
        const commands = await length(row, kind);
        // Tools that are missing were asked for too, before those that are there.
        for (let at = 0; at < commands + 3; at += 1) {
          const host = await row[kind]();
          const before = host.state();
          const named = mentions(host, text);
          host.faults = only(row, at, death);
          const ran = await row.call('add', host).catch((thrown: unknown) => thrown);
          if (death.startsWith('died') && ran instanceof Error) expect(ran).toBeInstanceOf(RunDied);
          host.faults = row.faults();
          host.pass(1_000);
          expect(exitCode((await row.call('delete', host)).outcome), `command ${at}`).toBe(0);
          expect(mentions(host, text), `command ${at}`).toEqual(named);
          if (kind === 'used') expect(host.state(), `command ${at}`).toBe(before);
        }
      },
    );

    test.each(DEATHS)('an apply repeated after one that was %s holds', async (death) => {
      const commands = await length(row, kind);
      for (let at = 0; at < commands; at += 1) {
        const host = await row[kind]();
        host.faults = only(row, at, death);
        await row.call('add', host).catch(() => undefined);
        host.faults = row.faults();
        const { outcome } = await row.call('add', host);
        expect(exitCode(outcome), `command ${at}`).toBe(0);
        expect(dropped(host), `command ${at}`).toBe(true);
      }
    });

    test.each(['broken', 'killed', 'hanging', 'missing'] as const)(
      'with one command %s a run says so unless the block holds all the same',
      async (fault) => {
        const commands = await length(row, kind);
        for (let at = 0; at < commands; at += 1) {
          const host = await row[kind]();
          const before = host.state();
          const named = mentions(host, text);
          host.faults = only(row, at, fault);
          const { outcome, told } = await row.call('add', host);
          expect(tickets(host), `command ${at}`).toEqual([]);
          if (exitCode(outcome) === 0) {
            expect(dropped(host), `command ${at}`).toBe(true);
          } else {
            expect(told, `command ${at}`).toEqual([]);
            expect(alerts(host.log), `command ${at}`).toEqual([]);
            // A tool that was killed may have acted, so that what might be there stays on record.
            if (fault === 'killed') continue;
            const left = mentions(host, text).filter((line) => !line.includes('/held/'));
            expect(left, `command ${at}`).toEqual(named);
            if (fault !== 'hanging' && kind === 'used') expect(host.state()).toBe(before);
          }
        }
      },
    );
  });

  test.each(['broken', 'killed', 'hanging', 'missing'] as const)(
    'with every tool %s the run fails, prints nothing and frees the lock',
    async (fault) => {
      const expected = { hanging: 'timed-out', missing: 'missing-tool' }[fault as string];
      const host = await row.used();
      host.faults = row.faults(() => fault);
      const { outcome, told } = await row.call('add', host);
      expect(outcome).toBe(expected ?? 'tool-failed');
      expect(told).toEqual([]);
      expect(alerts(host.log)).toEqual([]);
      expect(host.log.join('')).toContain(`"outcome":"${outcome}","exit":${exitCode(outcome)}`);
      expect(tickets(host)).toEqual([]);
      host.faults = row.faults();
      expect(exitCode((await row.call('add', host)).outcome)).toBe(0);
    },
  );

  test.each(['add', 'delete'] as const)(
    '%s ends in time from wherever tools hang',
    async (verb) => {
      for (let from = 0; from < 6; from += 1) {
        const host = await row.used();
        if (verb === 'delete') await row.call('add', host);
        host.faults = row.faults((place) => (place >= from ? 'hanging' : undefined));
        const ms = await host.run(row.action.name, async ({ clock }) => {
          await row.call(verb, host).catch(() => undefined);
          return clock.elapsed();
        });
        expect(ms).toBeLessThanOrEqual(LIMIT.run + 100);
      }
    },
  );

  test('a delete whose tools fail does not claim to have undone anything', async () => {
    const host = await row.used();
    await row.call('add', host);
    const before = host.state();
    host.log.length = 0;
    host.faults = row.faults(() => 'broken');
    const { outcome } = await row.call('delete', host);
    expect(exitCode(outcome)).not.toBe(0);
    expect(alerts(host.log)).toEqual([]);
    expect(host.state()).toBe(before);
    host.faults = row.faults();
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(dropped(host)).toBe(false);
  });
});
