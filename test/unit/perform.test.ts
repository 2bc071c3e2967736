import { describe, expect, test } from 'vitest';
import {
  type Backend,
  type Completed,
  type Effect,
  must,
  run,
  yesNo,
} from '../../src/lib/effect.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import {
  type Doing,
  ensure,
  foreign,
  inTurn,
  LeftBehind,
  lift,
  mayTryNext,
  takeBack,
} from '../../src/lib/perform.ts';
import { RecordingRunner, type Reply } from '../support/recording-runner.ts';

/** A tool that answers each of its words from a list, the last one for ever. */
const answering =
  (answers: Readonly<Record<string, readonly Reply[]>>) =>
  ({ args: [word = ''] }: { readonly args: readonly string[] }): Reply => {
    const list = answers[word] ?? [{}];
    const [next = {}] = list;
    if (list.length > 1) answers = { ...answers, [word]: list.slice(1) };
    return next;
  };

interface Stage {
  readonly doing: Doing;
  readonly commands: string[];
  readonly locked: string[];
}

function stage(answers: Readonly<Record<string, readonly Reply[]>>, cost = 0): Stage {
  let now = 0;
  const reply = answering(answers);
  const runner = new RecordingRunner({
    tool: (command) => {
      now += cost;
      return reply(command);
    },
  });
  const clock = { now: () => new Date(0), elapsed: () => now, sleep: async () => {} };
  const it: Stage = {
    commands: runner.commands,
    locked: [],
    doing: {
      runner,
      clock,
      lock: {
        with: async (name, work) => {
          it.locked.push(name);
          return work();
        },
      },
    } satisfies Partial<Doing> as Partial<Doing> as Doing,
  };
  return it;
}

const NO = { exitCode: 1 } as const;
const ODD = { exitCode: 9, stderr: 'odd' } as const;

const made = (completed: Completed) => {
  switch (completed.exitCode) {
    case 0:
      return 'made';
    case 1:
      return 'present';
    case 2:
      return 'groundless';
    case 3:
      return 'unseen';
    default:
      throw new ActionError('tool-failed', completed.stderr);
  }
};

const SEE = yesNo(run('tool', 'see'));
const UNDO = {
  command: run('tool', 'undo'),
  read: ({ exitCode }: Completed) => (exitCode === 0 ? 'undone' : 'absent'),
} as const;
const plain: Effect = {
  what: 'it',
  make: { command: run('tool', 'make'), read: made },
  undo: UNDO,
};
const renewable: Effect = {
  ...plain,
  renew: {
    command: run('tool', 'renew'),
    read: ({ exitCode }) => (exitCode === 0 ? 'present' : 'groundless'),
  },
};
const lay = (word: string) => must(run('tool', word), 'laid');

const grounded: Effect = {
  ...renewable,
  ground: { what: 'ground', ways: [[lay('lay')], [lay('lay-old')]] },
};

const backend = (...effects: Effect[]): Backend => ({
  name: 'it',
  effects,
  longest: 0,
  record: false,
});

describe('ensure', () => {
  test.each([
    ['makes what is not there', plain, {}, 'make', 1],
    ['leaves what is there', plain, { make: [NO] }, 'make', 0],
    ['looks first where make cannot tell', { ...plain, see: SEE }, {}, 'see', 0],
    ['makes what it did not see', { ...plain, see: SEE }, { see: [NO] }, 'see make', 1],
    ['renews what is there', renewable, { make: [NO] }, 'make renew', 0],
    [
      'lays the ground that is missing, and makes it again',
      grounded,
      { make: [{ exitCode: 2 }, {}] },
      'make lay make',
      1,
    ],
    [
      'lays the ground in an older way',
      grounded,
      { make: [{ exitCode: 2 }, {}], lay: [ODD] },
      'make lay lay-old make',
      1,
    ],
    [
      'lays the ground under what it made and did not see hold',
      grounded,
      { make: [{ exitCode: 3 }] },
      'make lay renew',
      1,
    ],
    [
      'lays the ground under what was there and does not hold',
      grounded,
      { make: [NO], renew: [{ exitCode: 2 }, {}] },
      'make renew lay renew',
      0,
    ],
    [
      'makes again what somebody lifted between the making and the renewal',
      grounded,
      { make: [NO, {}], renew: [{ exitCode: 2 }, { exitCode: 2 }, {}] },
      'make renew lay renew make',
      1,
    ],
  ] as const)('%s', async (_case, effect, answers, commands, count) => {
    const { doing, commands: ran } = stage(answers);
    const ensured = await ensure(backend(effect), doing);
    expect(ran.map((line) => line.replace('tool ', '')).join(' ')).toBe(commands);
    expect(ensured.made).toHaveLength(count);
  });

  test('gives up after some rounds, with what it made taken back', async () => {
    const { doing, commands } = stage({ make: [{ exitCode: 3 }], renew: [{ exitCode: 2 }] });
    await expect(ensure(backend(grounded), doing)).rejects.toMatchObject({ kind: 'tool-failed' });
    expect(commands.length).toBeLessThan(20);
    expect(commands.at(-1)).toBe('tool undo');
  });

  test('a later effect that fails takes back the earlier ones this run made, last first', async () => {
    const named = (name: string, word = name): Effect => ({
      what: name,
      make: { command: run('tool', 'make', word), read: made },
      undo: { ...UNDO, command: run('tool', 'undo', name) },
    });
    let count = 0;
    const replies: Reply[] = [{}, NO, {}, ODD];
    const runner = new RecordingRunner({
      tool: ({ args: [word] }) => (word === 'make' ? (replies[count++] ?? {}) : {}),
    });
    const { doing } = stage({});
    const failing = ensure(backend(named('a'), named('b'), named('c'), named('d')), {
      ...doing,
      runner,
    });
    await expect(failing).rejects.toMatchObject({ kind: 'tool-failed', message: 'odd' });
    expect(runner.commands.slice(4)).toEqual(['tool undo c', 'tool undo a']);
  });

  test('what cannot be taken back is said', async () => {
    const { doing } = stage({ make: [{ exitCode: 3 }], undo: ['dies'], renew: [{ exitCode: 2 }] });
    await expect(ensure(backend(grounded), doing)).rejects.toThrow(/it may still be there/);
  });

  test('a question that could not be answered is a failure, not a no', async () => {
    const { doing, commands } = stage({ see: [{ exitCode: 4 }] });
    await expect(ensure(backend({ ...plain, see: SEE }), doing)).rejects.toMatchObject({
      kind: 'tool-failed',
    });
    expect(commands).toEqual(['tool see']);
  });

  test('asks nothing more once the run’s time is over', async () => {
    const effects = Array.from({ length: 9 }, () => plain);
    const { doing, commands } = stage({}, 6_000);
    await expect(ensure(backend(...effects), doing)).rejects.toMatchObject({ kind: 'timed-out' });
    expect(commands.length).toBeLessThanOrEqual(5);
  });

  test('takes the backend’s lock to look and make, and to lay the ground', async () => {
    const seen = { ...grounded, see: SEE };
    const it = stage({ see: [NO], make: [{ exitCode: 2 }, {}] });
    const steps = { ...backend(seen), lock: 'x' };
    await inTurn(steps, it.doing, () => ensure(steps, it.doing));
    expect(it.locked).toEqual(['x']);
    const none = stage({ see: [NO], make: [{ exitCode: 2 }, {}] });
    await ensure(backend(seen), none.doing);
    expect(none.locked).toEqual([]);
  });

  test('ground that another run laid meanwhile is not laid again', async () => {
    const see = yesNo(run('tool', 'see-ground'));
    const it = stage({ 'see-ground': [NO, {}] });
    const ground = { what: 'ground', see, ways: [[lay('lay')]] };
    await ensure({ ...backend({ ...plain, ground }), lock: 'x' }, it.doing);
    expect(it.commands).toEqual(['tool see-ground', 'tool see-ground', 'tool make']);
  });

  test('a tool that died after it was seen that nothing was there is undone', async () => {
    const { doing, commands } = stage({ see: [NO], make: ['dies'] });
    await expect(ensure(backend({ ...plain, see: SEE }), doing)).rejects.toThrow('died');
    expect(commands).toEqual(['tool see', 'tool make', 'tool undo']);
  });

  test('a tool that overran its time may have acted: that is no clean failure', async () => {
    const { doing } = stage({ make: ['hangs'] });
    const failed = ensure(backend(plain), doing);
    await expect(failed).rejects.toBeInstanceOf(LeftBehind);
    await expect(failed).rejects.toMatchObject({ kind: 'timed-out' });
  });
});

describe('lift', () => {
  test.each([
    ['undoes what is there', plain, {}, 'undo', 'removed'],
    ['finds nothing', plain, { undo: [NO] }, 'undo', 'absent'],
    ['looks first', { ...plain, see: SEE }, { see: [NO] }, 'see', 'absent'],
    [
      'undoes all copies',
      { ...plain, see: SEE },
      { see: [{}, {}, {}, NO] },
      'see see undo see undo see',
      'removed',
    ],
    [
      'believes the undo over the look',
      { ...plain, see: SEE },
      { undo: [NO] },
      'see see undo',
      'absent',
    ],
  ] as const)('%s', async (_case, effect, answers, commands, expected) => {
    const { doing, commands: ran } = stage(answers);
    expect(await lift(backend(effect), doing, false, async () => {})).toBe(expected);
    expect(ran.map((line) => line.replace('tool ', '')).join(' ')).toBe(commands);
  });

  const seen: Effect = { ...plain, see: SEE };
  test.each([
    ['several steps and something there', [seen, seen], { see: [{}, {}, NO] }, 1],
    ['several steps and nothing there', [seen, seen], { see: [NO] }, 0],
    ['one step', [plain], {}, 0],
  ] as const)('locks for %s %#', async (_case, effects, answers, locked) => {
    const it = stage(answers);
    await lift({ ...backend(...effects), lock: 'x' }, it.doing, false, async () => {});
    expect(it.locked).toHaveLength(locked);
  });

  test.each([
    ['on record', true, 1, 1],
    ['not on record', false, 0, 0],
  ] as const)('%s, and nothing there', async (_case, onRecord, locked, forgotten) => {
    const it = stage({ see: [NO] });
    let forgets = 0;
    const forget = async () => {
      expect(it.locked, 'in the same turn').toHaveLength(1);
      forgets += 1;
    };
    const steps = { ...backend(seen), lock: 'x' };
    expect(await lift(steps, it.doing, onRecord, forget)).toBe('absent');
    expect([it.locked.length, forgets]).toEqual([locked, forgotten]);
  });

  test('a tool that undoes for ever does not hold the run for ever', async () => {
    const { doing } = stage({}, 100);
    await expect(
      lift(backend({ ...plain, see: SEE }), doing, false, async () => {}),
    ).rejects.toMatchObject({
      kind: 'timed-out',
    });
  });
});

test('takeBack goes on after a failure and says what stayed', async () => {
  const { doing, commands } = stage({ undo: ['dies', {}] });
  const kept = await takeBack([plain, { ...plain, what: 'the other' }], doing);
  expect(commands).toEqual(['tool undo', 'tool undo']);
  expect(kept).toMatch(/^the other may still be there \(.*died.*\)$/);
  expect(await takeBack([], doing)).toBeUndefined();
});

test('foreign finds what somebody else made and says how to lift it', async () => {
  const way = { see: SEE, lift: run('tool', 'lift') };
  const yes = stage({});
  expect(await foreign({ ...backend(), foreign: [way] }, yes.doing)).toEqual(way.lift);
  expect(yes.commands).toEqual(['tool see']);
  expect(
    await foreign({ ...backend(), foreign: [way] }, stage({ see: [NO] }).doing),
  ).toBeUndefined();
  expect(await foreign(backend(), stage({}).doing)).toBeUndefined();
});

test('another backend is tried only where there is time and no answer of its own', () => {
  const kinds = [
    'missing-tool',
    'tool-failed',
    'timed-out',
    'locked',
    'full',
    'bad-state',
    'internal',
  ] as const;
  const tried = kinds.filter((kind) => mayTryNext(new ActionError(kind, '')));
  expect(tried).toEqual(['missing-tool', 'tool-failed', 'bad-state']);
});

test('must and yesNo read exit codes, and quote the tool where they cannot', () => {
  const command = run('tool', 'a b');
  const done = (exitCode: number) => ({ exitCode, stdout: '', stderr: 'line one\nline two\n' });
  expect(must(command, 'made').read(done(0))).toBe('made');
  expect(() => must(command, 'made').read(done(1))).toThrow(
    "tool 'a b' answered 1: line one / line two",
  );
  expect([0, 1].map((code) => yesNo(command).read(done(code)))).toEqual(['present', 'absent']);
  expect(() => yesNo(command).read(done(2))).toThrow(ActionError);
});
