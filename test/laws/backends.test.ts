import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { backendsOf } from '../support/actions.ts';
import { mentions, ROWS, Row } from '../support/matrix.ts';
import type { Fault } from '../support/model-host.ts';

// One holder's block by two backends at once: a delete must find both.
const PAIRS = ROWS.filter(({ protocol, backend }) => protocol.chooses && backend).flatMap((row) =>
  backendsOf(row.action, row.example.text)
    .filter(({ name }) => name !== row.backend)
    .map(({ name }) => [`${name}, then ${row.name}`, row, name] as const),
);

const FAULTS: readonly (Fault | undefined)[] = [
  undefined,
  'broken',
  'killed',
  'hanging',
  'died-before',
  'died-after',
];

describe.each(PAIRS)('%s', (_name, row, first) => {
  const { text } = row.example;

  test.each(FAULTS)('one delete lifts both, the second one %s', async (fault) => {
    const before = new Row(row.action, row.protocol, row.example, first);
    for (let at = 0; at < 6; at += 1) {
      const host = row.fresh();
      const named = mentions(host, text);
      await before.call('add', host);
      host.faults = (place) => (place === at ? fault : undefined);
      await row.call('add', host).catch(() => undefined);
      host.faults = () => undefined;
      expect(exitCode((await row.call('delete', host)).outcome), `command ${at}`).toBe(0);
      expect(host.holds(text), `command ${at}`).toBe(false);
      expect(mentions(host, text), `command ${at}`).toEqual(named);
    }
  });
});
