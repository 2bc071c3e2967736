import type { Action } from '../../src/lib/action.ts';
import type { Backend } from '../../src/lib/effect.ts';
import type { Verb } from '../../src/lib/request.ts';
import type { System } from '../../src/lib/system.ts';
import {
  ACTIONS,
  actionsOn,
  backendsOf,
  type Example,
  examplesOf,
  platformOf,
  toolsOf,
} from './actions.ts';
import { call, type Manner, PROTOCOLS, type Protocol, type Ran } from './callers.ts';
import { type Faults, ModelHost, type Setting } from './model-host.ts';

/** One cell of the laws' matrix: an action, who calls it, on what, and by which backend. */
export class Row {
  readonly action: Action;
  readonly protocol: Protocol;
  readonly example: Example;
  /** A backend's name, or nothing to leave the choice to the action. */
  readonly backend: string | undefined;
  readonly #lacking: ReadonlySet<string>;

  constructor(action: Action, protocol: Protocol, example: Example, backend: string | undefined) {
    this.action = action;
    this.protocol = protocol;
    this.example = example;
    this.backend = backend;
    const backends = backendsOf(action, example.text);
    const one = backends.find(({ name }) => name === backend);
    // Who cannot say which backend to use is left with that backend's tools alone.
    const forced = one && !protocol.chooses ? toolsOf(one) : undefined;
    this.#lacking = new Set(
      forced ? backends.flatMap((other) => [...toolsOf(other)]).filter((t) => !forced.has(t)) : [],
    );
  }

  /** The backends this row may use, as plain data. */
  get backends(): readonly Backend[] {
    const all = backendsOf(this.action, this.example.text);
    return all.filter(({ name }) => this.backend === undefined || name === this.backend);
  }

  /** The system that it is on. */
  get platform(): System {
    return platformOf(this.action);
  }

  get name(): string {
    const { action, platform, protocol, example, backend } = this;
    // Linux goes without saying.
    const name = platform === 'linux' ? action.name : `${platform}/${action.name}`;
    return `${name} ${protocol.name} ${example.kind} ${backend ?? 'any'}`;
  }

  /** The tools this row goes without, and whatever else is to go wrong. */
  faults(others: Faults = () => undefined): Faults {
    return (place, command) =>
      this.#lacking.has(command.tool) ? 'missing' : others(place, command);
  }

  /** A host with the administrator's things on it and nothing of ours. */
  fresh(setting: Setting = {}): ModelHost {
    const host = new ModelHost({ platform: this.platform, ...setting });
    host.faults = this.faults();
    return host;
  }

  /** A host on which this holder has blocked and released another target before. */
  async used(setting: Setting = {}): Promise<ModelHost> {
    const host = this.fresh(setting);
    const { text, other } = this.example;
    const { action, protocol, example, backend } = this;
    // Where any backend may be taken, what each of them stands on is there.
    const names = backend ? [backend] : backendsOf(action, text).map(({ name }) => name);
    for (const name of names) {
      const row = new Row(action, protocol, example, name);
      host.faults = row.faults();
      for (const verb of ['add', 'delete'] as const) {
        await row.call(verb, host, {}, { text: other });
      }
    }
    host.faults = this.faults();
    host.commands.length = 0;
    host.answers.length = 0;
    host.log.length = 0;
    return host;
  }

  /** One run of the action. */
  call(
    verb: Verb,
    host: ModelHost,
    manner: Manner = {},
    ask: { readonly text?: string; readonly program?: string; readonly seconds?: number } = {},
  ): Promise<Ran> {
    const { action, protocol, example, backend } = this;
    return call(
      action,
      protocol,
      { program: action.name, verb, subject: example.subject, text: example.text, backend, ...ask },
      host,
      manner,
    );
  }
}

/**
 * The action of a system that a backend is tested with by itself: of those that have it, the one with
 * the fewest ways, or the one that bears its name. Where it is one way of many it is tested as such.
 */
export function specialist(
  backend: string,
  { kind }: Example,
  platform: System,
): Action | undefined {
  const counts = actionsOn(platform).flatMap(({ action }) => {
    const example = examplesOf(action).find((one) => one.kind === kind);
    const names = example ? backendsOf(action, example.text).map(({ name }) => name) : [];
    const count = action.name === backend ? 0 : names.length;
    return names.includes(backend) ? [{ action, count }] : [];
  });
  return counts.sort((one, other) => one.count - other.count)[0]?.action;
}

// What callers are told apart by is one and the same on every system: beyond the two that have been
// there from the start a way by itself is asked for by one of them only.
const ALL_CALLERS: ReadonlySet<System> = new Set(['linux', 'windows']);

/** Every action × protocol × example by any of its ways, and every way by itself. */
export const ROWS: readonly Row[] = ACTIONS.flatMap(({ action, platform }) =>
  PROTOCOLS.flatMap((protocol, place) =>
    examplesOf(action).flatMap((example) =>
      [undefined, ...backendsOf(action, example.text).map(({ name }) => name)]
        .filter((name) => name === undefined || specialist(name, example, platform) === action)
        .filter((name) => name === undefined || place === 0 || ALL_CALLERS.has(platform))
        .map((backend) => new Row(action, protocol, example, backend)),
    ),
  ),
);

/** The rows whose caller is an agent that is handed keys. */
export const ANSWERING = ROWS.filter(({ protocol }) => protocol.answers);

/** A host's state with the moments at which things end left out. */
export const timeless = (host: ModelHost): string => host.state().replace(/ ends \d+/g, ' ends');

/** The lines of a host's state that name a target. */
export const mentions = (host: ModelHost, text: string): readonly string[] =>
  host
    .state()
    .split('\n')
    .filter((line) => line.includes(text) || line.includes(encodeURIComponent(text)));

/** Tickets that a run left in the queue for the lock. */
export const tickets = (host: ModelHost): readonly string[] =>
  host.records().filter((path) => path.includes('/lock/'));

const PREFIX = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/\S+: /;
const SHELL =
  /^\w\w\w \w+ +\d+ \d\d:\d\d:\d\d \S+ \d+ \/\S+\/active-response\/bin\/\S+ (?:add|delete) /;

/** The lines of a log on which the stock rules alert: a raw add or delete, in either form. */
export const alerts = (log: readonly string[]): readonly string[] =>
  log.filter((line) => {
    if (SHELL.test(line)) return true;
    const text = line.replace(PREFIX, '');
    if (text === line || !text.startsWith('{')) return false;
    const { command } = JSON.parse(text) as { command?: string };
    return command !== undefined && /add|delete|enable|disable/.test(command);
  });
