import { expect, test } from 'vitest';
import type { Host } from '../../src/lib/host.ts';
import { lockIn, type Processes } from '../../src/lib/lock.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import { STATE } from '../../src/lib/ports.ts';
import { keepShort } from '../../src/lib/upkeep.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const KIB = 1024;

/** After a run on a host with such a log: what was done, and what was said. */
async function after(
  settings: unknown,
  sizes: { readonly journal: number; readonly log: number },
  more: (host: Host) => Partial<Host> = () => ({}),
) {
  const done: string[] = [];
  const model = new ModelHost(settings === undefined ? {} : { settings });
  await model.run('firewall-drop', async (host) => {
    const journal: Host['journal'] = {
      ...host.journal,
      shorten: async (max) => {
        done.push(`journal ${max}`);
      },
    };
    const log: Host['log'] = {
      ...host.log,
      size: () => sizes.log,
      putAside: async (max) => {
        done.push(`log ${max}`);
      },
    };
    const fitted = { ...host, journal, log };
    await keepShort({ ...fitted, ...more(fitted) }, sizes.journal);
  });
  const said = model.log.map((line) => line.replace(/^.*?: /, '').trimEnd());
  return { done, said, model };
}

const LARGE = { journal: (4 << 20) + 1, log: (10 << 20) + 1 };

test('the journal has a bound that nobody has to set, the log has none', async () => {
  expect(await after(undefined, LARGE)).toMatchObject({ done: [`journal ${4 << 20}`], said: [] });
  const { done } = await after(undefined, { journal: 4 << 20, log: 10 << 30 });
  expect(done).toEqual([]);
});

test('what is within its bounds is left alone, and no lock is taken', async () => {
  const settings = { journal: { max: '64 KiB' }, log: { max: '64 KiB' } };
  const { done, model } = await after(settings, { journal: 64 * KIB, log: 64 * KIB });
  expect(done).toEqual([]);
  expect(model.volume.readdirSync(`${HOME}/${STATE}`)).toEqual(['riposte.json']);
});

test('bounds that root has set', async () => {
  const settings = { journal: { max: '64 KiB' }, log: { max: '10 MiB' } };
  expect(await after(settings, LARGE)).toMatchObject({
    done: [`journal ${64 * KIB}`, `log ${10 << 20}`],
    said: [],
  });
});

test('bounds that cannot be understood are said once and are the usual ones', async () => {
  const { done, said } = await after({ journal: 7, log: { max: 'x' } }, LARGE);
  expect(done).toEqual([`journal ${4 << 20}`]);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^With the usual bounds: .*journal must be .*; .*log\.max must be /);
});

test('where another run is at it nobody waits', async () => {
  const { done, said } = await after(undefined, LARGE, ({ files, clock }) => {
    const self = (name: string): Processes => ({
      self: name,
      lives: async (names) => names.map(() => 'alive'),
      giveSign: async () => () => {},
      readSign: async () => 'alive',
      describe: () => 'another run',
    });
    const theirs = lockIn(files, () => self('1-2-3-boot'), clock);
    const ours = lockIn(files, () => self('2-2-3-boot'), clock);
    return { lock: { with: (name, work) => theirs.with(name, () => ours.with(name, work, 0)) } };
  });
  expect({ done, said }).toEqual({ done: [], said: [] });
});

test('what fails is said, and fails nothing', async () => {
  const { said } = await after({ log: { max: '64 KiB' } }, LARGE, ({ journal, log }) => ({
    journal: {
      ...journal,
      shorten: async () => {
        throw new ActionError('bad-state', 'the disk is full');
      },
    },
    log: {
      ...log,
      putAside: async () => {
        throw new Error('EISDIR');
      },
    },
  }));
  expect(said).toEqual([
    'The journal was not shortened: the disk is full',
    'The log was not shortened: unexpected: EISDIR',
  ]);
});
