import { type Action, isDeed } from './action.ts';
import { circumstanceOf } from './call.ts';
import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import type { Actions } from './inventory.ts';
import { ActionError } from './outcome.ts';
import type { Entry } from './record.ts';
import { requestFor, textsFor } from './retold.ts';
import { type FieldValues, read, targetOf } from './values.ts';

/** What a record is about, for the library. */
export interface Subject {
  readonly action: Action;
  readonly values: FieldValues;
  readonly backends: readonly Backend[];
}

/** Throws `bad-state` for what this version cannot take up. */
export function subjectOf(
  entry: Entry,
  seconds: number | undefined,
  actions: Actions,
  host: Host,
): Subject {
  const action = actions.get(entry.action);
  if (!action || isDeed(action)) {
    const text = `${entry.action} is no action of this program, which has ${entry.target} on record`;
    throw new ActionError('bad-state', `${text}; see to it by hand`);
  }
  const request = requestFor('delete', textsFor(action, entry));
  const values = read(action, request);
  const target = targetOf(action, values);
  if (target !== entry.target) {
    const text = `what is on record as ${entry.target} is about ${target}`;
    throw new ActionError('bad-state', `${text}; see to both by hand`);
  }
  const { holder, options = {} } = entry;
  const circumstance = circumstanceOf({ request, holder, options }, seconds, host);
  return { action, values, backends: action.backends(values, circumstance) };
}

/** What a result says of it. */
export const resultOf = ({ action, holder, target, backend, alert, rule }: Entry) => ({
  action,
  holder,
  target,
  backend,
  ...(alert !== undefined && { alert }),
  ...(rule !== undefined && { rule }),
});
