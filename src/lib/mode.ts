import type { Complain, Given } from './protect.ts';
import { isObject } from './settings.ts';

/** Whether an action acts, or only says that it would. */
export type Mode = (typeof MODES)[number];

const MODES = ['enforce', 'observe'] as const;

/** Modes by the action's name; `*` stands for all others. */
export type Modes = Readonly<Record<string, Mode>>;

const ALL = '*';

const isMode = (value: unknown): value is Mode => MODES.some((mode) => mode === value);

/** What settings say under `mode`: one for all, or one for each of some actions. */
export function modesIn(settings: Given, complain: Complain): Modes {
  const mode = settings['mode'] ?? {};
  const modes: [string, unknown][] = isObject(mode) ? Object.entries(mode) : [[ALL, mode]];
  return Object.fromEntries(
    modes.filter((entry): entry is [string, Mode] => {
      const [name, value] = entry;
      if (isMode(value)) return true;
      complain(`mode${name === ALL ? '' : `.${name}`} must be ${MODES.join(' or ')}`);
      return false;
    }),
  );
}

/** The mode of an action: the first of the settings that says anything of it decides. */
export function modeOf(action: string, settings: readonly Modes[]): Mode {
  for (const modes of settings) {
    const one = Object.hasOwn(modes, action) ? modes[action] : modes[ALL];
    if (one !== undefined) return one;
  }
  return 'enforce';
}
