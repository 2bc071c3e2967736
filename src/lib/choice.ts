import type { Backend } from './effect.ts';
import { ActionError } from './outcome.ts';
import type { Request } from './request.ts';

/** The backends that may be tried: the one asked for, and those that can keep a person's `--for`. */
export function choose(
  backends: readonly Backend[],
  { backend }: Readonly<Record<string, string>>,
  { schedule }: Pick<Request, 'schedule'>,
): readonly Backend[] {
  const asked = backends.filter(({ name }) => backend === undefined || name === backend);
  if (schedule.kind !== 'exact') return asked;
  const able = asked.filter(({ longest }) => longest >= schedule.seconds);
  if (able.length > 0) return able;
  const names = asked.map(({ name, longest }) => `${name} (${longest} s at most)`).join(', ');
  const text = `no backend can end it after ${schedule.seconds} s: ${names}; leave --for out and undo it with delete`;
  throw new ActionError('usage', text);
}
