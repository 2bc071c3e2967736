import type { Deed, Response } from '../../src/lib/action.ts';
import type { Subject } from '../../src/lib/fields.ts';
import type { Verb } from '../../src/lib/request.ts';
import type { Ask } from './callers.ts';

/** What a message holds of everything that a deed can ask for. */
export const FIELDS: Readonly<Record<Subject, string>> = {
  srcip: '203.0.113.7',
  user: 'mallory',
  file: '/tmp/evil',
  pid: '4321',
  start: '2026-02-03T10:00:00Z',
  executable: '/tmp/evil',
};

/** What a deed asks a message for. */
export const subjectsOf = ({ fields }: Response): readonly Subject[] =>
  Object.values(fields).map(({ subject }) => subject);

/** What root must have set for it to be done at all. */
export function settingsOf({ name, options }: Deed) {
  const needed = Object.entries(options).filter(([, option]) => option.settings);
  const values = needed.flatMap(([key, { example }]) => (example ? [[key, example] as const] : []));
  return { actions: { [name]: Object.fromEntries(values) } };
}

/** A call of a deed with these texts. */
export function askOf(deed: Deed, verb: Verb, texts = FIELDS): Ask {
  const [subject] = subjectsOf(deed);
  const more = Object.fromEntries(subjectsOf(deed).map((one) => [one, texts[one]]));
  return { program: deed.name, verb, subject, text: subject ? texts[subject] : '', more };
}
