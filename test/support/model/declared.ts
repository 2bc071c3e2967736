import type { Action, Deed } from '../../../src/lib/action.ts';
import {
  type Asked,
  type Backend,
  type Command,
  type Completed,
  type Effect,
  type Ground,
  type Step,
  spelling,
} from '../../../src/lib/effect.ts';
import { no } from './answer.ts';

/** One thing that holds or does not. */
interface Cell {
  readonly targets: ReadonlySet<string>;
  /** What it stands on, if on anything. */
  readonly ground: string | undefined;
  held: boolean;
}

/**
 * A model of nothing but what an action declares of itself: each of its effects holds or does not, and
 * its tool answers whatever the step's own `read` takes for that. It stands in for tools that have no
 * model of their own. It proves that the steps fit together, not that the tool does what they say.
 */
export class Declared {
  readonly #cells = new Map<string, Cell>();
  readonly #laid = new Set<string>();
  readonly #answers = new WeakMap<Command, () => Completed>();

  /** The action, with its commands known here. */
  studied(action: Action): Action {
    const backends: Action['backends'] = (values, circumstance) => {
      const targets = new Set(Object.values(values).map(({ text }) => text));
      const given = action.backends(values, circumstance);
      return given.map((backend) => this.#backend(backend, targets));
    };
    return { ...action, backends };
  }

  /** The deed, with its commands known here: what was done shows as held. */
  studiedDeed(deed: Deed): Deed {
    const once: Deed['once'] = (values, circumstance) => {
      const given = deed.once(values, circumstance);
      const targets = new Set(Object.values(values).map(({ text }) => text));
      return {
        ...given,
        checks: (given.checks ?? []).map((check) => this.#step(check, () => ['good'])),
        steps: given.steps.map((step) => {
          const cell = this.#cell(spelling(step), targets, undefined);
          return this.#step(
            step,
            () => (cell.held ? ['already', 'done'] : ['done']),
            () => {
              cell.held = true;
            },
          );
        }),
      };
    };
    return { ...deed, once };
  }

  /** What the tool answers; nothing for a command that nobody declared. */
  run(command: Command): Completed | undefined {
    return this.#answers.get(command)?.();
  }

  listing(): string {
    const held = [...this.#cells].filter(([, cell]) => cell.held).map(([name]) => name);
    return [...held, ...this.#laid]
      .sort()
      .map((name) => `declared ${name.replaceAll('\n', ' / ')}\n`)
      .join('');
  }

  holds(target: string): boolean {
    return [...this.#cells.values()].some(
      ({ held, targets, ground }) =>
        held && targets.has(target) && (ground === undefined || this.#laid.has(ground)),
    );
  }

  /** Somebody else does away with all of it. */
  lose(): void {
    for (const cell of this.#cells.values()) cell.held = false;
    this.#laid.clear();
  }

  #backend(backend: Backend, targets: ReadonlySet<string>): Backend {
    if (backend.memory) throw new Error(`${backend.name}: what remembers needs a model of its own`);
    return { ...backend, effects: backend.effects.map((effect) => this.#effect(effect, targets)) };
  }

  #effect(effect: Effect, targets: ReadonlySet<string>): Effect {
    const ground = effect.ground && this.#ground(effect.ground);
    // Whatever has the same undo is the same thing: that is how one holder lifts another's.
    const cell = this.#cell(spelling(effect.undo), targets, ground);
    const stands = () => ground === undefined || this.#laid.has(ground);
    const { see, renew } = effect;
    return {
      ...effect,
      ...(see && { see: this.#step(see, () => [cell.held ? 'present' : 'absent']) }),
      make: this.#step(
        effect.make,
        () => (!stands() ? ['groundless'] : cell.held ? ['present', 'made'] : ['made']),
        (answer) => {
          cell.held = answer !== 'groundless';
        },
      ),
      ...(renew && {
        renew: this.#step(renew, () => [cell.held && stands() ? 'present' : 'groundless']),
      }),
      undo: this.#step(
        effect.undo,
        () => [cell.held ? 'undone' : 'absent'],
        () => {
          cell.held = false;
        },
      ),
    };
  }

  #cell(name: string, targets: ReadonlySet<string>, ground: string | undefined): Cell {
    const cell = this.#cells.get(name) ?? { targets, ground, held: false };
    this.#cells.set(name, cell);
    return cell;
  }

  #ground({ what, see, ways }: Ground): string {
    if (see) this.#step(see, () => [this.#laid.has(what) ? 'present' : 'absent']);
    for (const way of ways) {
      for (const [place, step] of way.entries()) {
        const last = place === way.length - 1;
        this.#step(
          step,
          () => ['laid'],
          () => {
            if (last) this.#laid.add(what);
          },
        );
      }
    }
    return what;
  }

  /** The step with its tool answering the first of `wanted` that the step can read from anything. */
  #step<Answer extends string>(
    step: Step<Answer>,
    wanted: () => readonly Answer[],
    then: (answer: Answer) => void = () => {},
  ): Step<Answer> {
    if ('act' in step) {
      const act: typeof step.act = async (host, timeout) => {
        const answer = await step.act(host, timeout);
        then(answer);
        return answer;
      };
      return { ...step, act };
    }
    this.#answers.set(step.command, () => {
      for (const answer of wanted()) {
        const completed = saying(step, answer);
        if (completed) {
          then(answer);
          return completed;
        }
      }
      return no(254, `the model of the declaration cannot say ${wanted().join(' or ')}`);
    });
    return step;
  }
}

/** What a tool would say for the step to read this answer, or nothing if no words do. */
function saying<Answer extends string>(
  { read }: Asked<Answer>,
  answer: Answer,
): Completed | undefined {
  // The words that a step looks for stand in its own text.
  const words = [...read.toString().matchAll(/(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g)].map(
    ([, , text = '']) => text.replace(/\\(.)/g, '$1'),
  );
  for (const exitCode of [0, 1, 2, 255]) {
    for (const text of ['', ...words]) {
      for (const completed of [
        { exitCode, stdout: '', stderr: text },
        { exitCode, stdout: text, stderr: '' },
      ]) {
        if (reads(read, completed) === answer) return completed;
      }
    }
  }
  return undefined;
}

function reads<Answer>(read: (completed: Completed) => Answer, completed: Completed) {
  try {
    return read(completed);
  } catch {
    return undefined;
  }
}
