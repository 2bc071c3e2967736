import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { ACTIONS, backendsOf, type Example, examplesOf, platformOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import { type Fault, ModelHost } from '../support/model-host.ts';

/** One thing that happens to the host. */
type Event =
  | {
      readonly what: 'add' | 'delete';
      readonly holder: number;
      readonly target: number;
      readonly backend: number;
      readonly fault: { readonly kind: Fault; readonly at: number } | undefined;
    }
  | { readonly what: 'flush'; readonly holder: number }
  | { readonly what: 'wait'; readonly seconds: number };

const fault = fc.option(
  fc.record({
    kind: fc.constantFrom<Fault>('broken', 'killed', 'hanging', 'died-before', 'died-after'),
    at: fc.nat({ max: 6 }),
  }),
  { nil: undefined, freq: 2 },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom('add', 'add', 'delete'),
      holder: fc.nat({ max: 1 }),
      target: fc.nat({ max: 2 }),
      backend: fc.nat({ max: 3 }),
      fault,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('flush' as const), holder: fc.nat({ max: 1 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('wait' as const), seconds: fc.nat({ max: 100 }) }),
  },
);

/** Who holds what, as far as the runs so far tell: `unsure` after one that failed or died. */
type Belief = 'held' | 'unsure';

/** The host beside what ought to be true of it. */
class Walk {
  readonly host: ModelHost;
  readonly #action;
  readonly #targets: readonly Example[];
  readonly #holders: readonly string[];
  readonly #beliefs = new Map<string, Belief>();

  constructor(action: (typeof ACTIONS)[number]['action']) {
    this.host = new ModelHost({ platform: platformOf(action) });
    this.#action = action;
    const [v4, v6 = { ...v4, text: v4.other }] = examplesOf(action) as [Example, Example?];
    // The second begins with the first; the seeded neighbour itself is held by an administrator.
    this.#targets = [v4, { ...v4, text: `${v4.text}1` }, v6];
    this.#holders = [action.name, action.aliases[0] ?? 'other'];
  }

  async step(event: Event): Promise<void> {
    if (event.what === 'wait') this.host.pass(event.seconds * 1_000);
    else if (event.what === 'flush') await this.#flush(event.holder);
    else await this.#run(event);
    this.#check();
  }

  /** What an agent does when it ends: it sends every delete. */
  async #flush(holder: number): Promise<void> {
    for (const target of this.#targets.keys()) {
      await this.#run({ what: 'delete', holder, target, backend: 0, fault: undefined });
    }
  }

  async #run({ what, holder, target, backend, fault }: Extract<Event, { target: number }>) {
    const example = this.#targets[target];
    const program = this.#holders[holder];
    const [wazuh4] = PROTOCOLS;
    if (!example || program === undefined || !wazuh4) throw new Error('no such thing');
    const names = [undefined, ...backendsOf(this.#action, example.text).map(({ name }) => name)];
    const row = new Row(this.#action, wazuh4, example, names[backend]);
    const key = `${holder} ${target}`;
    this.host.faults = row.faults((place) => (place === fault?.at ? fault.kind : undefined));
    const outcome = await row.call(what, this.host, {}, { program }).then(
      (ran) => ran.outcome,
      () => undefined,
    );
    const good = outcome !== undefined && exitCode(outcome) === 0;
    if (!fault) expect(outcome && exitCode(outcome), `${what} ${key}: ${outcome}`).toBe(0);
    if (good && what === 'add') this.#beliefs.set(key, 'held');
    else if (good) this.#beliefs.delete(key);
    // A failed add cannot end what was held before; all else leaves room for doubt.
    else if (what === 'delete' || !this.#beliefs.has(key)) this.#beliefs.set(key, 'unsure');
  }

  #check(): void {
    for (const [target, { text }] of this.#targets.entries()) {
      const beliefs = this.#holders.map((_, holder) => this.#beliefs.get(`${holder} ${target}`));
      if (beliefs.includes('held')) expect(this.host.holds(text), `${text} is held`).toBe(true);
      else if (!beliefs.includes('unsure')) {
        expect(this.host.holds(text), `${text} is free`).toBe(false);
      }
    }
  }
}

const BLOCKING = ACTIONS.filter(({ action }) =>
  examplesOf(action).every(({ subject }) => subject === 'srcip'),
);

describe.each(BLOCKING.map((found) => [`${found.platform}/${found.file}`, found.action] as const))(
  '%s',
  (_name, action) => {
    test('whatever happens in whatever order, who holds a block has it and nobody else’s ends', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 25, size: 'max' }), async (events) => {
          const walk = new Walk(action);
          const before = walk.host.state().split('\n');
          for (const one of events) await walk.step(one);
          for (const holder of [0, 1]) await walk.step({ what: 'flush', holder });
          expect(walk.host.state().split('\n')).toEqual(expect.arrayContaining(before));
          // A dead run's ticket may stay: the next run that needs the lock sweeps it.
          expect(walk.host.records().filter((path) => /\/held\/(?!.*\/used=)/.test(path))).toEqual(
            [],
          );
        }),
        { numRuns: 75, seed: 20260203 },
      );
    }, 60_000);
  },
);
