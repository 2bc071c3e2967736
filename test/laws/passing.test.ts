import { describe, expect, test } from 'vitest';
import { ROWS } from '../support/matrix.ts';

// What holds a target lets nothing of it pass; a throttle lets some of it pass, which is its point.
describe.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const slows = row.action.name === 'throttle';
  const { text } = row.example;

  test(`some of what the target sends ${slows ? 'still passes' : 'passes no more'}`, async () => {
    const host = row.fresh();
    const before = host.keepsOut(text);
    await row.call('add', host);
    expect(host.holds(text)).toBe(true);
    expect(host.keepsOut(text)).toBe(slows ? before : true);
  });
});
