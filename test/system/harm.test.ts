import { describe, expect, test } from 'vitest';
import { accountLane } from '../support/accounts.ts';
import { HARMS, type Harm, KINDS, type Kind, outcomeOf, Stage } from '../support/harm.ts';
import { makeHome } from '../support/home.ts';

const here = accountLane(['nft', 'ipset', 'iptables', 'chattr', 'tcpdmatch']);

/** An agent with all its files whole. */
async function stage(kind: Kind): Promise<Stage & AsyncDisposable> {
  const home = await makeHome();
  const made = new Stage(here.host, home, kind);
  return Object.assign(made, { [Symbol.asyncDispose]: () => home.remove() });
}

/** With two blocks of an agent's, of which the second has outlived its time. */
async function used(kind: Kind) {
  const made = await stage(kind);
  const [old, late] = [await made.fresh(), await made.fresh()];
  for (const target of [old, late]) {
    expect(await made.agent('add', target)).toMatchObject({ exitCode: 0 });
    expect(await made.holds(target)).toBe(true);
  }
  if (!kind.enforced) made.outlive(late);
  return { made, old, late };
}

const ROWS = KINDS.map((kind): [string, Kind] => [kind.name, kind]);
const HARM_ROWS = Object.entries(HARMS);

describe.each(ROWS)('%s', (_name, kind) => {
  test.each(HARM_ROWS)('%s', async (_harm, harm) => {
    const { made, old, late } = await used(kind);
    await using _ = made;
    await made.script(harm.lay);
    try {
      await added(made, kind);
      await listed(made, kind, harm, old);
      await swept(made, kind, harm, late);
      await removed(made, kind, harm, old);
    } finally {
      await made.script(harm.lift);
    }
    await recovered(made, old);
  });
});

/** Nothing can be written down: what needs that is not done, and all else is, and says so. */
async function added(made: Stage, kind: Kind): Promise<void> {
  for (const protocol of [...made.protocols, undefined]) {
    const target = await made.fresh();
    const ended = await (protocol ? made.agent('add', target, protocol) : made.hand('add', target));
    const what = `${protocol?.name}: ${ended.said}`;
    const { recordsFirst } = kind;
    if (recordsFirst) {
      expect(ended.exitCode, what).toBe(14);
      expect(ended.stdout, what).toBe('');
      expect(outcomeOf(ended), what).toBe('bad-state');
      // Who, and why.
      expect(ended.said, what).toMatch(/active-response\/riposte\S*: /);
    } else {
      expect(ended.exitCode, what).toBe(0);
      expect(ended.stdout + ended.said, what).toContain('but it was not recorded (');
      expect(ended.stdout.includes('check_keys'), what).toBe(protocol?.answers === true);
    }
    expect(await made.holds(target), what).toBe(!recordsFirst);
    if (recordsFirst) continue;
    const undone = protocol ? made.agent('delete', target, protocol) : made.hand('delete', target);
    expect((await undone).exitCode, what).toBe(0);
    expect(await made.holds(target), what).toBe(false);
  }
}

async function listed(made: Stage, kind: Kind, harm: Harm, old: string): Promise<void> {
  const { exitCode, stdout, stderr } = await made.riposte('list');
  expect(exitCode, stderr).toBe(0);
  if (harm.readable || kind.marked) expect(stdout).toContain(old);
  if (harm.readable) expect(stderr.replace(/nothing is logged.*/, '').trim()).toBe('');
  else expect(stderr).toMatch(/^Not looked into: \S+\/active-response\/riposte: /);
}

async function swept(made: Stage, kind: Kind, harm: Harm, late: string): Promise<void> {
  const { exitCode, stderr } = await made.riposte('sweep');
  expect(exitCode, stderr).toBe(14);
  expect(stderr).toContain('bad-state: passed over: ');
  if (!kind.enforced) expect(await made.holds(late), stderr).toBe(!harm.readable);
}

async function removed(made: Stage, kind: Kind, harm: Harm, old: string): Promise<void> {
  const ended = await made.agent('delete', old);
  const able = harm.readable || kind.marked;
  const clean = harm.readable ? harm.removable : kind.marked;
  expect(ended.exitCode, ended.said).toBe(clean ? 0 : 14);
  expect(await made.holds(old), ended.said).toBe(!able);
  if (!clean) expect(outcomeOf(ended), ended.said).toBe('bad-state');
  if (able && !clean) expect(ended.said).toContain('could not be removed');
}

/** Once the harm is gone the next delete and sweep bring all in order. */
async function recovered(made: Stage, old: string): Promise<void> {
  const ended = await made.agent('delete', old);
  expect(ended.exitCode, ended.said).toBe(0);
  expect(await made.holds(old)).toBe(false);
  const sweep = await made.riposte('sweep');
  expect(sweep.exitCode, sweep.stderr).toBe(0);
}
