import { type Circumstance, isDeed, type Response } from '../../lib/action.ts';
import { byHand } from '../../lib/by-hand.ts';
import { circumstanceOf } from '../../lib/call.ts';
import { choose } from '../../lib/choice.ts';
import type { Backend } from '../../lib/effect.ts';
import { settingsOf } from '../../lib/execute.ts';
import { type ActionError, asActionError } from '../../lib/outcome.ts';
import type { Manual } from '../../lib/person.ts';
import { MANUAL } from '../../lib/request.ts';
import { read } from '../../lib/values.ts';
import { parseManual, TARGET } from '../manual.ts';
import type { Scene } from './scene.ts';

/** What an action would do to one target. */
export interface Way {
  /** The IP version of the target, or a word for one of another kind. */
  readonly kind: string;
  /** Those that may be tried, best first. */
  readonly backends: readonly Backend[];
}

/** An action as it would run by hand, with nothing run. */
export interface Rehearsal {
  readonly ways: readonly Way[];
  /** How the first dry run that did not end as planned ended. */
  readonly failure: ActionError | undefined;
}

const rehearsals = new WeakMap<Scene, Map<Response, Promise<Rehearsal>>>();

/** Plans an add and a delete for usual targets, once for all who ask. */
export function rehearse(action: Response, scene: Scene): Promise<Rehearsal> {
  const known = rehearsals.get(scene) ?? new Map<Response, Promise<Rehearsal>>();
  rehearsals.set(scene, known);
  const rehearsal = known.get(action) ?? rehearseAnew(action, scene);
  known.set(action, rehearsal);
  return rehearsal;
}

type Run = Extract<Manual, { kind: 'run' }>;

async function rehearseAnew(action: Response, scene: Scene): Promise<Rehearsal> {
  const ways: Way[] = [];
  let failure: ActionError | undefined;
  for (const { kind, words } of targetsOf(action)) {
    try {
      // Whether a target is protected is another question.
      const add = parsed(action, ['add', ...words, '--dry-run', '--force'], scene);
      const undo = parsed(action, ['delete', ...words, '--dry-run'], scene);
      ways.push({ kind, backends: await backendsOf(action, add, scene) });
      for (const manual of [add, undo]) await byHand(action, manual, action.name, () => scene.host);
    } catch (thrown) {
      failure ??= asActionError(thrown);
    }
  }
  return { ways, failure };
}

function parsed(action: Response, words: readonly string[], { version }: Scene): Run {
  const manual = parseManual(words, { ...action, program: action.name, version });
  if (manual.kind === 'run') return manual;
  throw new TypeError(manual.text);
}

async function backendsOf(
  action: Response,
  { request }: Run,
  { host }: Scene,
): Promise<readonly Backend[]> {
  if (isDeed(action)) return [];
  const options = await settingsOf(action, request, host);
  const circumstance: Circumstance = circumstanceOf(
    { request, holder: MANUAL, options },
    undefined,
    host,
  );
  return choose(action.backends(read(action, request), circumstance), options, request);
}

/** A usual target; of addresses one of each version. */
function targetsOf({ fields }: Response): readonly { kind: string; words: readonly string[] }[] {
  const subjects = Object.values(fields).map(({ subject }) => subject);
  const words = subjects.flatMap((subject) => [`--${subject}`, TARGET[subject].example]);
  if (!subjects.includes('srcip')) return [{ kind: 'target', words }];
  const v6 = words.map((word) => (word === TARGET.srcip.example ? '2001:db8::7' : word));
  return [
    { kind: 'IPv4', words },
    { kind: 'IPv6', words: v6 },
  ];
}
