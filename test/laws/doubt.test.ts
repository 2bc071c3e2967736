import { expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { STATE } from '../../src/lib/ports.ts';
import { ROWS } from '../support/matrix.ts';

// What a kernel without its tool still holds, nobody can see; only the marks would tell.
test.each(
  ROWS.filter(({ backends }) => backends[0]?.name === 'nft' && backends.length > 1).map(
    (row) => [row.name, row] as const,
  ),
)('%s: without nft and with state that cannot be trusted a delete is in doubt', async (_, row) => {
  const host = row.fresh();
  await row.call('add', host);
  host.volume.chmodSync(`/var/ossec/${STATE}/held`, 0o777);
  host.faults = (_place, { tool }) => (tool === 'nft' ? 'missing' : undefined);
  const { outcome } = await row.call('delete', host);
  expect(outcome).toBe('missing-tool');
  expect(exitCode(outcome)).not.toBe(0);
  expect(host.holds(row.example.text)).toBe(true);
});
