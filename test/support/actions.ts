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
import type { System } from '../../src/lib/system.ts';

/** One action file, found in `scripts/`, on one of the systems that it serves. */
export interface Found<Kind extends Response = Response> {
  readonly platform: System;
  /** The file's name without its end. */
  readonly file: string;
  readonly action: Kind;
}

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

const SCRIPTS = new URL('../../scripts/', import.meta.url);

/** The systems that a folder serves. */
const SERVES: Readonly<Record<string, readonly System[]>> = {
  linux: ['linux'],
  windows: ['windows'],
  macos: ['macos', 'freebsd', 'openbsd', 'netbsd'],
};

/** The same action as one system has it. */
function onSystem(action: Response, system: System): Response {
  return isDeed(action)
    ? { ...action, once: (values, given) => action.once(values, { ...given, system }) }
    : { ...action, backends: (values, given) => action.backends(values, { ...given, system }) };
}

async function load(folder: string, file: string): Promise<readonly Found[]> {
  const module = (await import(new URL(`${folder}/${file}`, SCRIPTS).href)) as {
    default: Response;
  };
  return (SERVES[folder] ?? []).map((platform) => ({
    platform,
    file: file.slice(0, -'.ts'.length),
    action: onSystem(module.default, platform),
  }));
}

/** Every action file on every system; nothing is listed by hand. */
export const RESPONSES: readonly Found[] = (
  await Promise.all(
    readdirSync(SCRIPTS).flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, SCRIPTS))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => load(folder, file)),
    ),
  )
).flat();

const isHeld = (found: Found): found is Found<Action> => !isDeed(found.action);

/** Those that hold until they are undone, where their system can do that at all. */
export const ACTIONS: readonly Found<Action>[] = RESPONSES.filter(isHeld).filter(
  ({ action }) => examplesOf(action).length > 0,
);

/** Those that say on their system why they can do nothing. */
export const UNABLE: readonly Found<Action>[] = RESPONSES.filter(isHeld).filter(
  ({ action }) => examplesOf(action).length === 0,
);

/** Those that are done once. */
export const DEEDS: readonly Found<Deed>[] = RESPONSES.filter((found): found is Found<Deed> =>
  isDeed(found.action),
);

/** The system that an action is for; what no file declares is for Linux. */
export const platformOf = (response: Response): System =>
  RESPONSES.find(({ action }) => action === response)?.platform ?? 'linux';

/** The actions of one system that hold until they are undone. */
export const actionsOn = (platform: System): readonly Found<Action>[] =>
  ACTIONS.filter((found) => found.platform === platform);

/** The examples of a target that the action has a field for, and that its system could do it to. */
export function examplesOf(action: Action): readonly Example[] {
  const subjects = new Set(Object.values(action.fields).map(({ subject }) => subject));
  return EXAMPLES.filter(
    ({ subject, text }) =>
      subjects.has(subject) &&
      backendsOf(action, text).some(({ unable: why }) => why === undefined),
  );
}

/** The action's backends for an example, as plain data. */
export function backendsOf(action: Action, text: string): readonly Backend[] {
  const values = Object.entries(action.fields).map(([name, { parse }]) => [name, parse(text)]);
  return action.backends(Object.fromEntries(values), circumstance(action.name));
}

/** Nothing special. */
export function circumstance(holder: string): Circumstance {
  return {
    holder,
    expiry: undefined,
    options: {},
    system: 'linux',
    kernel: [6, 18],
    home: '/var/ossec',
    message: { dialect: 'wazuh4', extra: [], alert: undefined, rule: undefined },
  };
}

/** Every tool that a backend may run. */
export function toolsOf(backend: Backend): ReadonlySet<string> {
  const named = stepsOf(backend).flatMap((step) => ('command' in step ? [step.command.tool] : []));
  return new Set([...named, ...(backend.tools ?? [])]);
}
