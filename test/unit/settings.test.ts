import { execFileSync } from 'node:child_process';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import type { Option } from '../../src/lib/action.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import { STATE } from '../../src/lib/ports.ts';
import { SETTINGS, settingsFor } from '../../src/lib/settings.ts';

const UID = process.getuid?.() ?? 0;
const SECRET = 'hunter2';
const LIMIT = 1 << 20;

/** An action with an option of every kind. */
const ACTION = {
  name: 'sample',
  options: {
    mode: { help: '', values: ['yes', 'no', '7'] },
    open: { help: '', values: ['a', 'b'] },
    token: {
      help: '',
      settings: true,
      parse: (text) => {
        if (text === 'good') return 'canonical';
        throw new ActionError('usage', `${text} is no token`);
      },
    },
  } satisfies Readonly<Record<string, Option>> as Readonly<Record<string, Option>>,
};

/** A home in memory, with a state folder and, if there is a text, settings of root's own. */
function home(text?: string) {
  const volume = new Volume();
  volume.mkdirSync(`/home/${STATE}`, { recursive: true, mode: 0o700 });
  if (text !== undefined) volume.writeFileSync(`/home/${SETTINGS}`, text, { mode: 0o600 });
  const system = createFsFromVolume(volume) as unknown as FileSystem;
  return { volume, files: filesBelow('/home', UID, system) };
}

const from = (text?: string, action = ACTION) => settingsFor(action, home(text).files);
const given = (options: unknown) => from(JSON.stringify({ actions: { sample: options } }));

/** The failure, which must name the file. */
async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error = await promise.then(
    (value) => expect.fail(`no failure but ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ActionError);
  expect((error as ActionError).message).toContain(SETTINGS);
  return error as ActionError;
}

describe('what root may say', () => {
  test.each([
    ['a text', { open: 'b' }, { open: 'b' }],
    ['true', { mode: true }, { mode: 'yes' }],
    ['false', { mode: false }, { mode: 'no' }],
    ['a number', { mode: 7 }, { mode: '7' }],
    ['a secret, in its canonical form', { token: 'good' }, { token: 'canonical' }],
    ['several', { open: 'a', token: 'good' }, { open: 'a', token: 'canonical' }],
    ['nothing', {}, {}],
    ['nothing at all', undefined, {}],
  ])('%s', async (_what, options, expected) => {
    expect(await given(options)).toEqual(expected);
  });

  test.each(['{}', '{"actions":{}}', '{"actions":null}', '{"actions":{"other":{"x":[]}}}'])(
    '%s says nothing of this action',
    async (text) => {
      expect(await from(text)).toEqual({});
    },
  );

  test('there need be no file, and no folder', async () => {
    expect(await from()).toEqual({});
    const { volume, files } = home();
    volume.rmdirSync(`/home/${STATE}`);
    expect(await settingsFor(ACTION, files)).toEqual({});
  });

  test('an action without options does not look', async () => {
    expect(await from('{', { ...ACTION, options: {} })).toEqual({});
  });
});

describe('what cannot be understood', () => {
  test.each<readonly [text: string, why: string]>([
    ['', 'it is not JSON'],
    ['{"actions": {"sample": {"open": "a",}}}', 'it is not JSON'],
    [`{"actions": {"sample": {"token": "${SECRET}}}`, 'it is not JSON'],
    [`${SECRET}`, 'it is not JSON'],
    ['[]', 'it must be {"actions"'],
    ['null', 'it must be {"actions"'],
    ['{"actions":[]}', 'it must be {"actions"'],
    ['{"actions":"sample"}', 'it must be {"actions"'],
    ['{"actions":{"sample":[]}}', 'actions.sample must be {"OPTION"'],
    [`{"actions":{"sample":"${SECRET}"}}`, 'actions.sample must be {"OPTION"'],
    [`{"actions":{"sample":{"token":["${SECRET}"]}}}`, 'actions.sample.token must be a text'],
    [`{"actions":{"sample":{"token":{"x":"${SECRET}"}}}}`, 'actions.sample.token must be a text'],
    ['{"actions":{"sample":{"open":null}}}', 'actions.sample.open must be a text'],
    [`{"actions":{"sample":{"token":"${SECRET}"}}}`, 'actions.sample.token: it is not in the form'],
    [`{"actions":{"sample":{"no-such":"${SECRET}"}}}`, 'sample.no-such is no option of it; it has'],
    ['{"actions":{"sample":{"open":"c"}}}', 'actions.sample.open: --open: it must be a or b'],
    ['{"actions":{"sample":{"open":true}}}', 'actions.sample.open: --open: it must be a or b'],
    ['{"actions":{"sample":{"open":"b","mode":"x"}}}', 'actions.sample.mode: --mode'],
    ...['constructor', 'toString', '__proto__'].map(
      (name) => [`{"actions":{"sample":{"${name}":"a"}}}`, `${name} is no option of it`] as const,
    ),
  ])('%s: %s', async (text, why) => {
    const { kind, message } = await failure(from(text));
    expect(kind).toBe('bad-settings');
    expect(message).toContain(why);
    expect(message).not.toContain(SECRET);
  });
});

describe('who could have written it', () => {
  const TEXT = '{"actions":{"sample":{"open":"b"}}}';
  type Home = ReturnType<typeof home>['volume'];
  const PATH = `/home/${SETTINGS}`;
  const FOLDER = `/home/${STATE}`;

  test.each<readonly [what: string, spoil: (volume: Home) => void, why: string]>([
    [
      'another user',
      (volume) => {
        volume.chmodSync(PATH, 0o644);
        volume.chownSync(PATH, UID + 1, 0);
      },
      'belongs to uid',
    ],
    ['its group', (volume) => volume.chmodSync(PATH, 0o620), 'by others; make it mode 0600'],
    ['everybody', (volume) => volume.chmodSync(PATH, 0o602), 'can be written by others'],
    ['whoever owns its folder', (volume) => volume.chownSync(FOLDER, UID + 1, 0), 'belongs to uid'],
    ['whoever writes its folder', (volume) => volume.chmodSync(FOLDER, 0o770), 'make it mode 0700'],
    [
      'whoever has another name for it',
      (volume) => volume.linkSync(PATH, '/home/other'),
      'one link',
    ],
    [
      'whoever owns what a link leads to',
      (volume) => {
        volume.renameSync(PATH, '/home/other');
        volume.symlinkSync('/home/other', PATH);
      },
      'could not be read',
    ],
    [
      'whoever owns where a link for its folder leads to',
      (volume) => {
        volume.renameSync(FOLDER, '/home/other');
        volume.symlinkSync('/home/other', FOLDER);
      },
      'is not a directory',
    ],
  ])('%s: then it is not read', async (_what, spoil, why) => {
    const { volume, files } = home(TEXT);
    expect(await settingsFor(ACTION, files)).toEqual({ open: 'b' });
    spoil(volume);
    const error = await settingsFor(ACTION, files).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'bad-state', message: expect.stringContaining(why) });
  });

  test('others may read it, if root lets them', async () => {
    const { volume, files } = home(TEXT);
    volume.chmodSync(PATH, 0o644);
    expect(await settingsFor(ACTION, files)).toEqual({ open: 'b' });
  });

  test('it has an end', async () => {
    const long = `${TEXT}${' '.repeat(LIMIT - TEXT.length)}`;
    expect(await from(long)).toEqual({ open: 'b' });
    const { kind, message } = await failure(from(`${long} `));
    expect([kind, message]).toEqual(['bad-state', expect.stringContaining(`more than ${LIMIT}`)]);
  });

  test('on a real disk neither a FIFO nor a directory is waited for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'riposte-settings-'));
    try {
      fs.mkdirSync(`${folder}/${STATE}`, { recursive: true, mode: 0o700 });
      const files = filesBelow(folder, UID, fs);
      execFileSync('mkfifo', ['-m', '600', `${folder}/${SETTINGS}`]);
      expect((await failure(settingsFor(ACTION, files))).kind).toBe('bad-state');
      fs.unlinkSync(`${folder}/${SETTINGS}`);
      fs.mkdirSync(`${folder}/${SETTINGS}`);
      expect((await failure(settingsFor(ACTION, files))).kind).toBe('bad-state');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
