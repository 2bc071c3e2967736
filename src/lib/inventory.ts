import { type Action, isDeed, type Response } from './action.ts';
import { circumstanceOf } from './call.ts';
import type { Backend, Sighting, Survey } from './effect.ts';
import type { Host } from './host.ts';
import { asActionError } from './outcome.ts';
import { ask } from './perform.ts';
import { type Entry, type Place, torn } from './record.ts';
import { MANUAL } from './request.ts';
import { EXAMPLES, requestFor } from './retold.ts';
import { read } from './values.ts';

/** One block, as records and marks together tell of it. */
export interface Holding extends Place {
  /** The name of the action that made it, or of one that can undo it where that is not on record. */
  readonly action: string;
  /**
   * `held`: its mark is there; `gone`: it is on record, and its mark is not there; `recorded`: on
   * record alone, since its backend leaves no marks; `unrecorded`: there, and not on record.
   */
  readonly state: 'held' | 'gone' | 'recorded' | 'unrecorded';
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
  host: Pick<Host, 'kernel' | 'home'>,
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
  host: Pick<Host, 'kernel' | 'home'>,
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

const keyOf = ({ backend, holder, target }: Omit<Place, 'action'>) =>
  `${backend} ${holder} ${target}`;

/** Everything that is blocked now, or should be. */
export async function inventory(actions: Actions, host: Host): Promise<Inventory> {
  const blind: string[] = [];
  const seen = await surveyAll(actions, host, (why) => blind.push(why));
  const marks = new Map(
    seen.flatMap(({ sightings }) => sightings.map((one) => [keyOf(one), one] as const)),
  );
  const marked = new Set(seen.flatMap(({ survey }) => survey.backends));
  const places = await host.records.places((why) => blind.push(why));
  const recorded = new Set(places.map(keyOf));
  const holdings: Holding[] = [];
  for (const { lookAgain: _, ...place } of places) {
    const entry = await host.records.entry(place).catch((thrown) => {
      blind.push(asActionError(thrown).message);
      return torn(place);
    });
    if (!entry) continue;
    const sighting = marks.get(keyOf(place));
    const state = sighting ? 'held' : marked.has(place.backend) ? 'gone' : 'recorded';
    holdings.push({ ...place, state, entry, ...(sighting && { sighting }) });
  }
  for (const { sightings, actions: able } of seen) {
    for (const sighting of sightings.filter((one) => !recorded.has(keyOf(one)))) {
      const { backend, holder, target } = sighting;
      const own = actions.get(holder)?.name;
      const action = own ?? able.get(backend) ?? holder;
      holdings.push({ action, holder, target, backend, state: 'unrecorded', sighting });
    }
  }
  return { holdings, blind };
}
