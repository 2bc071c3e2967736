import { expect, test } from 'vitest';
import { boundsIn, USUAL } from '../../src/lib/bounds.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const understood = (settings: unknown) => boundsIn(new ModelHost({ settings }).files());

test('the usual ones where nothing is set', async () => {
  const usual = { bounds: { journal: 4_194_304, log: undefined }, complaints: [] };
  expect(await boundsIn(new ModelHost().files())).toEqual(usual);
  expect(await understood({ actions: {} })).toEqual(usual);
  expect(await understood({ journal: {}, log: {} })).toEqual(usual);
});

test('what is set, each for itself', async () => {
  expect(await understood({ journal: { max: '16 MiB' } })).toEqual({
    bounds: { ...USUAL, journal: 16 << 20 },
    complaints: [],
  });
  expect(await understood({ log: { max: 65536 } })).toEqual({
    bounds: { ...USUAL, log: 65536 },
    complaints: [],
  });
});

test.each([
  ['no object', 'ten', /journal must be like \{"journal": \{"max": "16 MiB"\}\}/],
  ['no size', { max: '10 MB' }, /journal\.max must be a number of bytes, or .* B, KiB, MiB or GiB/],
  ['another member', { max: '1 MiB', age: '2d' }, /journal has one member, max/],
  ['too small', { max: '63 KiB' }, /journal\.max must be at least 64 KiB/],
  ['too large', { max: '1 GiB' }, /journal\.max must be at most 256 MiB/],
])('%s is complained of, and the other bound holds', async (_what, journal, complaint) => {
  const { bounds, complaints } = await understood({ journal, log: { max: '1 GiB' } });
  expect(bounds).toEqual({ journal: USUAL.journal, log: 1 << 30 });
  expect(complaints).toEqual([expect.stringMatching(complaint) as string]);
});

test('no complaint quotes what was set', async () => {
  for (const journal of ['hunter2', { max: 'hunter2' }, { hunter2: 1 }]) {
    const { complaints } = await understood({ journal });
    expect(complaints).toHaveLength(1);
    expect(complaints.join()).not.toContain('hunter2');
  }
});

test('settings that are no JSON, or that others could have written', async () => {
  const host = new ModelHost({ settings: {} });
  const file = `${HOME}/active-response/riposte/riposte.json`;
  host.volume.writeFileSync(file, '{"log": ');
  expect((await boundsIn(host.files())).complaints).toEqual([
    expect.stringContaining('it is not JSON') as string,
  ]);
  host.volume.writeFileSync(file, '{"log": {"max": "1 MiB"}}');
  host.volume.chmodSync(file, 0o666);
  expect(await boundsIn(host.files())).toEqual({
    bounds: USUAL,
    complaints: [expect.stringContaining('can be written by others') as string],
  });
});
