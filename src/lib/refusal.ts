import type { Backend } from './effect.ts';
import { ActionError } from './outcome.ts';

/** A backend that could not do what it was asked, and why. */
export interface Refusal {
  readonly backend: Backend;
  readonly error: ActionError;
  /** Whether a record says that it holds something of ours. */
  readonly onRecord: boolean;
}

/** Whether a way may be tried after these: some are for what the others cannot change. */
export const isNext = ({ onlyAfter }: Backend, refusals: readonly Refusal[]): boolean =>
  refusals.every(({ error }) => onlyAfter === undefined || error.kind === onlyAfter);

/** Several refusals as one; what a tool said weighs more than that another is missing. */
export function summed(refusals: readonly Refusal[]): ActionError {
  const errors = refusals.map(({ error }) => error);
  const [first] = errors;
  if (!first) return new ActionError('internal', 'there is no backend to try');
  const worst = errors.find(({ kind }) => kind !== 'missing-tool') ?? first;
  const text = refusals.map(({ backend, error }) => `${backend.name}: ${error.message}`).join('; ');
  return new ActionError(worst.kind, text, { cause: worst });
}
