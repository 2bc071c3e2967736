import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GRACE } from '../../src/lib/expiry.ts';
import { exitCode } from '../../src/lib/outcome.ts';
import { SETTLED } from '../../src/lib/record.ts';
import { restoreLost, sweepOverdue, WHOLE } from '../../src/lib/sweep.ts';
import { actionsOn, type Example, examplesOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import { type Fault, ModelHost } from '../support/model-host.ts';

/** A way to block, and what an administrator says who wants a clean table. */
interface Kind {
  readonly action: string;
  readonly backend: string;
  /** Whether the system itself ends it. */
  readonly enforced: boolean;
  readonly flush?: readonly [tool: string, ...words: string[]];
}

// On nft first: whatever holds there is the least that every other has to keep.
const KINDS: readonly Kind[] = [
  { action: 'firewall-drop', backend: 'nft', enforced: true, flush: ['nft', 'flush', 'ruleset'] },
  { action: 'firewall-drop', backend: 'ipset', enforced: true },
  { action: 'firewall-drop', backend: 'iptables', enforced: false },
  { action: 'route-null', backend: 'ip-route', enforced: false },
  { action: 'host-deny', backend: 'hosts-deny', enforced: false },
];

/** One thing that happens to the host. */
type Event =
  | {
      readonly what: 'add' | 'delete';
      readonly holder: number;
      readonly target: number;
      readonly seconds: number;
      readonly fault: { readonly kind: Fault; readonly at: number } | undefined;
    }
  | {
      readonly what: 'sweep';
      readonly fault: { readonly kind: Fault; readonly at: number } | undefined;
    }
  | { readonly what: 'wait'; readonly seconds: number }
  | { readonly what: 'flush' }
  | { readonly what: 'lose' | 'tear'; readonly file: number };

const fault = fc.option(
  fc.record({
    kind: fc.constantFrom<Fault>('broken', 'killed', 'hanging', 'died-before', 'died-after'),
    // Most runs are one command long.
    at: fc.constantFrom(0, 0, 0, 1, 2, 3),
  }),
  { nil: undefined, freq: 2 },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom('add', 'delete'),
      // Often the same one, or nothing would ever come of what happened to it.
      holder: fc.constantFrom(0, 0, 1),
      target: fc.constantFrom(0, 0, 0, 1),
      seconds: fc.integer({ min: 1, max: 400 }),
      fault,
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('sweep' as const), fault }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('wait' as const),
      seconds: fc.integer({ min: 1, max: 500 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'flush' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constantFrom('lose', 'tear'), file: fc.nat({ max: 7 }) }),
  },
);

/** Somebody blocks, something goes wrong, and long enough after it a sweep comes: few do by chance. */
const story: fc.Arbitrary<readonly Event[]> = fc
  .record({
    holder: fc.nat({ max: 1 }),
    what: fc.constantFrom('add', 'delete', 'delete'),
    again: fc.record({
      kind: fc.constantFrom<Fault>('broken', 'killed', 'died-before', 'died-after'),
      at: fc.constantFrom(0, 0, 1, 2),
    }),
    seconds: fc.integer({ min: 61, max: 300 }),
  })
  .map(({ holder, what, again, seconds }) => [
    { what: 'add', holder, target: 0, seconds: 400, fault: undefined },
    { what, holder, target: 0, seconds: 400, fault: again } as Event,
    { what: 'wait', seconds },
    { what: 'sweep', fault: undefined },
  ]);

const events = fc.array(fc.oneof({ weight: 9, arbitrary: event.map((one) => [one]) }, story), {
  minLength: 5,
  maxLength: 25,
  size: 'max',
});

/** What must be so of one holder's block on one target. */
interface Belief {
  /** It must hold until then, in the host's milliseconds. */
  readonly from: number;
  /** After a sweep it must not hold any more from then on. */
  readonly to: number;
  /** Whether something took its mark away, so that only a sweep brings it back. */
  readonly flushed: boolean;
  /** Whether it was still on record when that was last known. */
  readonly recorded: boolean;
}

/** Nothing is known for sure. */
const UNSURE: Belief = { from: 0, to: Number.POSITIVE_INFINITY, flushed: false, recorded: false };

const wazuh5 = PROTOCOLS.find(({ name }) => name === 'wazuh5');
const actions = new Map(
  actionsOn('linux').flatMap(({ action }) =>
    [action.name, ...action.aliases].map((name) => [name, action]),
  ),
);

/** The host beside what ought to be true of it. */
class Life {
  readonly host = new ModelHost({ bare: true });
  readonly #kind: Kind;
  readonly #row: Row;
  readonly #targets: readonly string[];
  readonly #holders: readonly string[];
  readonly #beliefs = new Map<string, Belief>();

  constructor(kind: Kind) {
    this.#kind = kind;
    const action = actions.get(kind.action);
    if (!action || !wazuh5) throw new Error(`no ${kind.action}`);
    const [example, other] = examplesOf(action) as [Example, Example];
    this.#targets = [example.text, other.text];
    this.#holders = [action.name, action.aliases[0] ?? 'other'];
    this.#row = new Row(action, wazuh5, example, kind.backend);
  }

  async step(event: Event): Promise<void> {
    switch (event.what) {
      case 'wait':
        this.host.pass(event.seconds * 1_000);
        break;
      case 'flush':
        this.#flush();
        break;
      case 'sweep':
        await this.#sweep(event.fault);
        break;
      case 'lose':
      case 'tear':
        this.#harm(event);
        break;
      default:
        await this.#run(event);
    }
    this.#check();
  }

  /** Long after, when every agent has forgotten. */
  async end(): Promise<void> {
    this.host.pass(7 * 86_400_000);
    await this.#sweep(undefined);
    for (const holder of this.#holders.keys()) {
      for (const target of this.#targets.keys()) {
        await this.#run({ what: 'delete', holder, target, seconds: 0, fault: undefined });
      }
    }
  }

  get #now(): number {
    return this.host.now();
  }

  #change(key: string, change: Partial<Belief>): void {
    this.#beliefs.set(key, { ...(this.#beliefs.get(key) ?? UNSURE), ...change });
  }

  #flush(): void {
    const { flush } = this.#kind;
    if (!flush) return;
    const [tool, ...args] = flush;
    expect(this.host.tool({ tool, args }).exitCode).toBe(0);
    for (const key of this.#beliefs.keys()) this.#change(key, { flushed: true });
  }

  #harm({ what, file }: Extract<Event, { file: number }>): void {
    const files = this.host.own();
    const path = files[file % Math.max(1, files.length)];
    if (path === undefined) return;
    if (what === 'lose') this.host.volume.unlinkSync(path);
    else {
      const text = String(this.host.volume.readFileSync(path));
      this.host.volume.truncateSync(path, text.length >> 1);
    }
    // Whose record it was does not matter here: none of them can be counted on.
    for (const [key, { from }] of this.#beliefs) {
      // A delete that was begun may be known no more.
      if (from === 0) this.#beliefs.set(key, UNSURE);
      else if (this.#kind.enforced) this.#change(key, { recorded: false });
      else this.#change(key, { recorded: false, to: Number.POSITIVE_INFINITY });
    }
  }

  async #sweep(fault: { readonly kind: Fault; readonly at: number } | undefined): Promise<void> {
    this.host.faults = (place) => (place === fault?.at ? fault.kind : undefined);
    const swept = await this.host
      .run('riposte', async (host) => {
        await sweepOverdue(actions, host, WHOLE);
        await restoreLost(actions, host, WHOLE);
        return true;
      })
      .catch(() => false);
    this.host.faults = () => undefined;
    if (!swept || fault) {
      // What it could not end it tries again later.
      for (const [key, { to }] of this.#beliefs) {
        this.#change(key, { to: Math.max(to, this.#now + SETTLED) });
      }
      return;
    }
    for (const [key, belief] of this.#beliefs) {
      if (belief.flushed && belief.recorded) this.#change(key, { flushed: false });
    }
    for (const [target, text] of this.#targets.entries()) {
      const over = this.#of(target).every((one) => one === undefined || one.to <= this.#now);
      if (over) expect(this.host.holds(text), `${text} is over`).toBe(false);
    }
  }

  #of(target: number): readonly (Belief | undefined)[] {
    return this.#holders.map((_, holder) => this.#beliefs.get(`${holder} ${target}`));
  }

  async #run({ what, holder, target, seconds, fault }: Extract<Event, { target: number }>) {
    const [program, text] = [this.#holders[holder], this.#targets[target]];
    if (program === undefined || text === undefined) throw new Error('no such thing');
    const key = `${holder} ${target}`;
    this.host.faults = (place) => (place === fault?.at ? fault.kind : undefined);
    const start = this.#now;
    const ran = await this.#row
      .call(what, this.host, {}, { program, text, seconds })
      .catch(() => undefined);
    this.host.faults = () => undefined;
    const good = ran !== undefined && exitCode(ran.outcome) === 0;
    if (!fault) expect(good, `${what} ${key}: ${ran?.outcome}`).toBe(true);
    // The agent ends it after those seconds; the rest is for a queue that may be long.
    const lasts = (seconds + GRACE) * 1_000;
    const [from, to] = [start + lasts, this.#now + lasts];
    const before = this.#beliefs.get(key);
    if (good && what === 'add') this.#change(key, { from, to, flushed: false, recorded: true });
    else if (good) this.#beliefs.delete(key);
    else if (what === 'delete' && before?.recorded)
      this.#change(key, { from: 0, to: this.#now + SETTLED });
    else if (what === 'delete' || !before) this.#beliefs.set(key, UNSURE);
    else this.#change(key, { to: Number.POSITIVE_INFINITY });
  }

  #check(): void {
    for (const [target, text] of this.#targets.entries()) {
      const beliefs = this.#of(target);
      const held = beliefs.some((one) => one && !one.flushed && this.#now < one.from);
      if (held) expect(this.host.holds(text), `${text} is held`).toBe(true);
      if (beliefs.every((one) => one === undefined)) {
        expect(this.host.holds(text), `${text} is free`).toBe(false);
      }
    }
  }
}

describe.each(KINDS.map((kind) => [`${kind.action} by ${kind.backend}`, kind] as const))(
  '%s',
  (_name, kind) => {
    test('ends in its time and not before, whatever dies, is flushed or gets lost', async () => {
      await fc.assert(
        fc.asyncProperty(events, async (all) => {
          const life = new Life(kind);
          for (const one of all.flat()) await life.step(one);
          await life.end();
          expect(life.host.own().filter((path) => /\/held\/.*@/.test(path))).toEqual([]);
        }),
        { numRuns: 100, seed: 20260203 },
      );
    }, 120_000);
  },
);
