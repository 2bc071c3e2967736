import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import { isWhole, keyOf, keysOf } from './inventory.ts';
import { remembers } from './memory.ts';
import { ask } from './perform.ts';
import type { Entry } from './record.ts';

/**
 * Whether a block is there by a backend; in doubt where a part of it is, where it keeps nobody out, or
 * where nobody can see it.
 */
export async function presence(
  entry: Entry,
  backend: Backend,
  host: Host,
): Promise<'present' | 'absent' | 'in doubt'> {
  if (remembers(backend)) {
    return backend.memory.holds(await ask(backend.memory.look, host)) ? 'present' : 'absent';
  }
  const { survey } = backend;
  const looks = backend.effects.flatMap(({ see }) => see ?? []);
  if (looks.length < backend.effects.length) {
    if (!survey) return 'in doubt';
    const seen = await ask(survey.look([entry.holder]), host);
    const found = seen.find((one) => keysOf(one).includes(keyOf(entry)));
    if (!found) return 'absent';
    return isWhole(survey, found, entry) ? 'present' : 'in doubt';
  }
  const answers = new Set<'present' | 'absent'>();
  for (const look of looks) answers.add(await ask(look, host));
  const [answer = 'absent'] = answers;
  return answers.size > 1 ? 'in doubt' : answer;
}
