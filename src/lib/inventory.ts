import { type Action, isDeed, type Response } from './action.ts';
import { circumstanceOf } from './call.ts';
import type { Backend, Sighting, Survey } from './effect.ts';
import type { Host } from './host.ts';
import { asActionError } from './outcome.ts';
import { ask } from './perform.ts';
import { type Entry, isOver, type Place } from './record.ts';
import { MANUAL } from './request.ts';
import { EXAMPLES, requestFor, textsFor } from './retold.ts';
import { read } from './values.ts';

/** One block, as records and marks together tell of it. */
export interface Holding extends Place {
  /** The name of the action that made it, or of one that can undo it where that is not on record. */
  readonly action: string;
  /**
   * `held`: it is seen to hold; `gone`: it is on record, and does not hold; `recorded`: on record
   * alone, since nobody can see whether it holds; `unrecorded`: it holds, and is not on record;
   * `idle`: not on record, and what is there of it keeps nobody out; `over`: its record is all there
   * is, since the system has ended it in its time.
   */
  readonly state: 'held' | 'gone' | 'recorded' | 'unrecorded' | 'idle' | 'over';
  /** Whether only the record tells whose it is, so that no survey can take it away. */
  readonly unmarked?: true;
  readonly sighting?: Sighting;
  readonly entry?: Entry;
}

/** All there is, and what could not be looked into. */
export interface Inventory {
  readonly holdings: readonly Holding[];
  /** Sentences. */
  readonly blind: readonly string[];
}

/** Every action by each of its names. */
export type Actions = ReadonlyMap<string, Response>;

/** The ways that an action has, for targets of every kind it takes. */
export function backendsOf(
  action: Action,
  host: Pick<Host, 'kernel' | 'system' | 'home'>,
): readonly Backend[] {
  return EXAMPLES.flatMap((texts) => {
    const request = requestFor('delete', texts);
    const call = { request, holder: MANUAL, options: {} };
    return action.backends(read(action, request), circumstanceOf(call, undefined, host));
  });
}

/** The surveys of all actions, each once, with the action that can undo what it sees. */
export function surveysOf(
  actions: Actions,
  host: Pick<Host, 'kernel' | 'system' | 'home'>,
): readonly { readonly survey: Survey; readonly actions: ReadonlyMap<string, string> }[] {
  const found = new Map<string, { survey: Survey; actions: Map<string, string> }>();
  for (const action of new Set(actions.values())) {
    if (isDeed(action)) continue;
    for (const { name, survey } of backendsOf(action, host)) {
      if (!survey) continue;
      const one = found.get(survey.name) ?? { survey, actions: new Map() };
      if (!one.actions.has(name)) one.actions.set(name, action.name);
      found.set(survey.name, one);
    }
  }
  return [...found.values()];
}

/** Whose blocks there can be. */
export const holdersOf = (actions: Actions): readonly string[] => [...actions.keys(), MANUAL];

/** One sight of everything that a survey sees. */
export interface Seen {
  readonly survey: Survey;
  readonly sightings: readonly Sighting[];
  /** The action that can undo what a backend made, by the backend's name. */
  readonly actions: ReadonlyMap<string, string>;
}

/** Looks at every mark there is; `blind` hears of what cannot be looked into. */
export async function surveyAll(
  actions: Actions,
  host: Host,
  blind: (why: string) => void,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const { survey, actions: able } of surveysOf(actions, host)) {
    try {
      const sightings = await ask(survey.look(holdersOf(actions)), host);
      seen.push({ survey, sightings, actions: able });
    } catch (thrown) {
      const { kind, message } = asActionError(thrown);
      // Where the tool is not there nothing that it made is.
      if (kind === 'missing-tool') seen.push({ survey, sightings: [], actions: able });
      else blind(`${survey.name}: ${message}`);
    }
  }
  return seen;
}

/** What tells one block from another, in records and marks alike. */
export const keyOf = ({ backend, holder, target }: Omit<Place, 'action'>): string =>
  `${backend} ${holder} ${target}`;

/** What a mark may be on record as: of some, the mark does not tell which backend made it. */
export const keysOf = ({ backend, alike = [], holder, target }: Sighting): readonly string[] =>
  [backend, ...alike].map((name) => keyOf({ backend: name, holder, target }));

/** Whether what is seen of a block is all of it, for who asked with these options. */
export const isWhole = (
  survey: Survey,
  sighting: Sighting,
  { options = {} }: Pick<Entry, 'options'>,
): boolean => !sighting.idle || survey.suffices?.(sighting, options) === true;

/** Everything that is blocked now, or should be. */
export async function inventory(actions: Actions, host: Host): Promise<Inventory> {
  const blind: string[] = [];
  const seen = await surveyAll(actions, host, (why) => blind.push(why));
  const marks = new Map(
    seen.flatMap(({ sightings }) =>
      sightings.flatMap((one) => keysOf(one).map((key) => [key, one] as const)),
    ),
  );
  const surveys = new Map(
    seen.flatMap(({ survey }) => survey.backends.map((name) => [name, survey] as const)),
  );
  const places = await host.records.all((why) => blind.push(why));
  const recorded = new Set(places.map(keyOf));
  const holdings: Holding[] = [];
  for (const { lookAgain: _, entry, ...place } of places) {
    const base = { ...place, entry };
    const survey = surveys.get(place.backend);
    if (survey) {
      const sighting = marks.get(keyOf(place));
      const held = sighting && isWhole(survey, sighting, entry);
      const ended = entry.enforced === true && isOver(entry, host.clock.now());
      const state = held ? 'held' : ended ? 'over' : 'gone';
      holdings.push({ ...base, state, ...(sighting && { sighting }) });
    } else {
      const state = await remembered(entry, actions, host);
      holdings.push({ ...base, state, unmarked: true });
    }
  }
  for (const { sightings, actions: able } of seen) {
    for (const sighting of sightings.filter((one) => !keysOf(one).some((k) => recorded.has(k)))) {
      const { backend, holder, target, idle } = sighting;
      const own = actions.get(holder)?.name;
      const action = own ?? able.get(backend) ?? holder;
      const state = idle ? 'idle' : 'unrecorded';
      holdings.push({ action, holder, target, backend, state, sighting });
    }
  }
  return { holdings, blind };
}

/** Whether what has no mark is as its record says, where one look tells. */
async function remembered(
  entry: Entry,
  actions: Actions,
  host: Host,
): Promise<'held' | 'gone' | 'recorded'> {
  const action = actions.get(entry.action);
  if (!action || isDeed(action)) return 'recorded';
  try {
    const request = requestFor('delete', textsFor(action, entry));
    const { holder, options = {} } = entry;
    const circumstance = circumstanceOf({ request, holder, options }, undefined, host);
    const backends = action.backends(read(action, request), circumstance);
    const memory = backends.find(({ name }) => name === entry.backend)?.memory;
    if (!memory) return 'recorded';
    return memory.holds(await ask(memory.look, host)) ? 'held' : 'gone';
  } catch {
    // A tool that is not there, or an account that it does not know: the record is all there is.
    return 'recorded';
  }
}
