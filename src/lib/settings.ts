import type { Response } from './action.ts';
import { canonical, type Options } from './options.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Files, STATE } from './ports.ts';

/** Root's own settings, below the agent's home. */
export const SETTINGS = `${STATE}/riposte.json`;

const MAX_LENGTH = 1 << 20;

const bad = (why: string, file = SETTINGS) => new ActionError('bad-settings', `${file}: ${why}`);

/** Whether a value of JSON is an object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What root has set for an action: `{"actions": {"NAME": {"OPTION": "VALUE"}}}`. Nothing where there
 * is no file; throws `bad-settings` for one that cannot be understood and `bad-state` for one that
 * others could have written.
 */
export async function settingsFor(
  { name, options }: Pick<Response, 'name' | 'options'>,
  files: Files,
): Promise<Options> {
  // Every option may be set there, so that an action without options need not look.
  if (Object.keys(options).length === 0) return {};
  const text = await files.readOwn(SETTINGS, MAX_LENGTH);
  if (text === undefined) return {};
  const given = section(text, name);
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const option = Object.hasOwn(options, key) ? options[key] : undefined;
      if (!option) {
        const known = Object.keys(options).join(', ');
        throw bad(`actions.${name}.${key} is no option of it; it has ${known}`);
      }
      try {
        return [key, canonical(key, option, word(value))];
      } catch (thrown) {
        // A value may be a secret, so that only the rule is told.
        const rule = option.settings
          ? 'it is not in the form it must have'
          : asActionError(thrown).message;
        throw bad(`actions.${name}.${key}: ${rule}`);
      }
    }),
  );
}

const word = (value: unknown): string =>
  value === true ? 'yes' : value === false ? 'no' : String(value);

/** The object that a text of settings is. Throws a sentence that quotes nothing of it. */
export function objectIn(text: string, file = SETTINGS): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    // The runtime's words quote the text, which may hold a secret.
    throw bad('it is not JSON; check its commas and quotes', file);
  }
  if (!isObject(root)) throw bad('it must be {"actions": {"NAME": {"OPTION": "VALUE"}}}', file);
  return root;
}

function section(text: string, action: string): Readonly<Record<string, unknown>> {
  const actions = objectIn(text)['actions'] ?? {};
  if (!isObject(actions)) throw bad('it must be {"actions": {"NAME": {"OPTION": "VALUE"}}}');
  const given = actions[action] ?? {};
  if (!isObject(given)) throw bad(`actions.${action} must be {"OPTION": "VALUE"}`);
  for (const [key, value] of Object.entries(given)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw bad(`actions.${action}.${key} must be a text, a number, true or false`);
    }
  }
  return given;
}
