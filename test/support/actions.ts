import { readdirSync } from 'node:fs';
import {
  type Action,
  type Circumstance,
  type Deed,
  isDeed,
  type Response,
} from '../../src/lib/action.ts';
import { type Backend, stepsOf } from '../../src/lib/effect.ts';
import type { Subject } from '../../src/lib/fields.ts';

/** One action file, found in `scripts/`. */
export interface Found<Kind extends Response = Response> {
  readonly platform: string;
  /** The file's name without its end. */
  readonly file: string;
  readonly action: Kind;
}

const SCRIPTS = new URL('../../scripts/', import.meta.url);

/** Every action file of every platform; nothing is listed by hand. */
export const RESPONSES: readonly Found[] = await Promise.all(
  readdirSync(SCRIPTS).flatMap((platform) =>
    readdirSync(new URL(`${platform}/`, SCRIPTS))
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const module = (await import(new URL(`${platform}/${name}`, SCRIPTS).href)) as {
          default: Response;
        };
        return { platform, file: name.slice(0, -'.ts'.length), action: module.default };
      }),
  ),
);

/** Those that hold until they are undone. */
export const ACTIONS: readonly Found<Action>[] = RESPONSES.filter(
  (found): found is Found<Action> => !isDeed(found.action),
);

/** Those that are done once. */
export const DEEDS: readonly Found<Deed>[] = RESPONSES.filter((found): found is Found<Deed> =>
  isDeed(found.action),
);

/** The system that an action is for; what no file declares is for Linux. */
export const platformOf = (response: Response): string =>
  RESPONSES.find(({ action }) => action === response)?.platform ?? 'linux';

/** The actions of one system that hold until they are undone. */
export const actionsOn = (platform: string): readonly Found<Action>[] =>
  ACTIONS.filter((found) => found.platform === platform);

/** A target, a neighbour whose text begins with it, and one far from both. */
export interface Example {
  readonly subject: Subject;
  readonly kind: string;
  readonly text: string;
  readonly neighbour: string;
  readonly other: string;
}

const EXAMPLES: readonly Example[] = [
  {
    subject: 'srcip',
    kind: 'IPv4',
    text: '203.0.113.7',
    neighbour: '203.0.113.70',
    other: '198.51.100.9',
  },
  {
    subject: 'srcip',
    kind: 'IPv6',
    text: '2001:db8::7',
    neighbour: '2001:db8::70',
    other: '2001:db8:1::9',
  },
  { subject: 'user', kind: 'user', text: 'mallory', neighbour: 'mallory2', other: 'trudy' },
  { subject: 'file', kind: 'file', text: '/tmp/evil', neighbour: '/tmp/evil2', other: '/tmp/bad' },
];

/** The examples of a target that the action has a field for. */
export function examplesOf(action: Action): readonly Example[] {
  const subjects = new Set(Object.values(action.fields).map(({ subject }) => subject));
  return EXAMPLES.filter(({ subject }) => subjects.has(subject));
}

/** The action's backends for an example, as plain data. */
export function backendsOf(action: Action, text: string): readonly Backend[] {
  const values = Object.entries(action.fields).map(([name, { parse }]) => [name, parse(text)]);
  return action.backends(Object.fromEntries(values), circumstance(action.name));
}

/** Nothing special. */
export const circumstance = (holder: string): Circumstance => ({
  holder,
  expiry: undefined,
  options: {},
  kernel: [6, 18],
  home: '/var/ossec',
  message: { dialect: 'wazuh4', extra: [], alert: undefined, rule: undefined },
});

/** Every tool that a backend may run. */
export function toolsOf(backend: Backend): ReadonlySet<string> {
  return new Set(
    stepsOf(backend).flatMap((step) => ('command' in step ? [step.command.tool] : [])),
  );
}
