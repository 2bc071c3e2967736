import type { Response } from '../../lib/action.ts';
import type { Host } from '../../lib/host.ts';
import type { Log } from '../../lib/log.ts';
import { asActionError } from '../../lib/outcome.ts';
import { policyOf } from '../../lib/policy.ts';
import { STATE } from '../../lib/ports.ts';
import { isObject, objectIn, SETTINGS, settingsFor } from '../../lib/settings.ts';
import type { Access } from './access.ts';
import { bad, type Check, type Finding, good, halves, warning } from './finding.ts';
import { namesOf, type Scene } from './scene.ts';
import { type Seen, see } from './seen.ts';
import { SYSTEM } from './system.ts';

/** What is known of Riposte's own folder and of the settings. */
export interface StateFacts {
  readonly home: string;
  readonly uid: number;
  readonly folder: Seen | 'hidden' | undefined;
  /** Who else may enter or change it, where a list of rights says that. */
  readonly access?: Access | undefined;
  /** Whether root's settings are there, and why they cannot be used: sentences. */
  readonly settings: 'none' | readonly string[];
  /** Where the fleet's settings are, below the home. */
  readonly place: string;
  /** The same for the fleet's, and what of them is passed over. */
  readonly fleet: 'none' | readonly string[];
  /** Names under `actions` that no action has; of an alias with the name that is meant. */
  readonly unknown: readonly { readonly name: string; readonly meant: string | undefined }[];
}

/** Whether blocks can be recorded, and whether the settings say what they should. */
export function judgeState(facts: StateFacts): Finding[] {
  const { settings, fleet, unknown } = facts;
  const misnamed = unknown.map(({ name, meant }) => {
    const what = meant
      ? `${SETTINGS}: actions.${name} is an alias, under which nothing is looked for`
      : `${SETTINGS}: there is no action ${name}`;
    return warning(what, meant ? `call it ${meant}` : 'correct the name, or take it out');
  });
  const problems = settings === 'none' ? [] : settings;
  const clean = problems.length === 0 && unknown.length === 0;
  return [
    ...SYSTEM.judgeFolder(facts),
    ...problems.map((message) => {
      const { what, fix } = halves(message);
      return bad(what, fix ?? `correct ${SETTINGS}; see docs/settings.md`);
    }),
    ...misnamed,
    ...(settings !== 'none' && clean ? [good(`${SETTINGS} is understood`)] : []),
    ...(fleet === 'none' ? [] : judgeFleet(fleet, facts.place)),
  ];
}

const judgeFleet = (complaints: readonly string[], place: string): Finding[] =>
  complaints.length === 0
    ? [good(`${place} is understood`)]
    : complaints.map((what) =>
        warning(what, 'correct it on the manager: etc/shared/GROUP/riposte.json'),
      );

const MAX_LENGTH = 1 << 20;

async function factsOf({ home, host, uid, actions }: Scene): Promise<StateFacts | undefined> {
  if (home === undefined) return undefined;
  const folder = see(`${home}/${STATE}`);
  const own = await readOwn(host);
  const said: string[] = [];
  const objected = await objections(actions, { ...host, log: hearing(said) });
  const problems = [...new Set([...own.problems, ...objected])];
  return {
    home,
    uid,
    folder,
    ...(typeof folder === 'object' && { access: await SYSTEM.accessTo(`${home}/${STATE}`, host) }),
    // What is wrong with the folder is said of the folder.
    settings: own.there && isBelieved(folder, uid) ? problems : 'none',
    place: host.layout.fleet,
    fleet: fleetOf(home, host.layout.fleet, said),
    unknown: unknownIn(own.text, actions),
  };
}

const isBelieved = (folder: StateFacts['folder'], uid: number): boolean =>
  typeof folder === 'object' &&
  folder.kind === 'folder' &&
  (!SYSTEM.modes || (folder.uid === uid && (folder.mode & 0o022) === 0));

interface Own {
  readonly there: boolean;
  readonly text?: string | undefined;
  readonly problems: readonly string[];
}

async function readOwn({ files }: Host): Promise<Own> {
  try {
    const text = await files.readOwn(SETTINGS, MAX_LENGTH);
    return { there: text !== undefined, text, problems: [] };
  } catch (thrown) {
    return { there: true, problems: [asActionError(thrown).message] };
  }
}

/** What the readers of the settings have against them. */
async function objections(actions: readonly Response[], host: Host): Promise<string[]> {
  const attempts = [
    ...actions.map((action) => () => settingsFor(action, host.files)),
    () => policyOf(host),
  ];
  const problems: string[] = [];
  for (const attempt of attempts) {
    try {
      await attempt();
    } catch (thrown) {
      problems.push(asActionError(thrown).message);
    }
  }
  return problems;
}

/** The fleet's file belongs to the agent's account, which may have made anything of it. */
function fleetOf(home: string, place: string, said: readonly string[]): 'none' | readonly string[] {
  const seen = see(`${home}/${place}`);
  if (seen === undefined || seen === 'hidden') return 'none';
  const odd = seen.kind !== 'file' || seen.links !== 1 || seen.size > MAX_LENGTH;
  const plain = `${place} is passed over: it is no regular file with one link of at most ${MAX_LENGTH} bytes`;
  return odd ? [plain] : said.filter((line) => line.startsWith(place));
}

function unknownIn(text: string | undefined, actions: readonly Response[]): StateFacts['unknown'] {
  if (text === undefined) return [];
  let given: unknown;
  try {
    given = objectIn(text)['actions'];
  } catch {
    // Its readers have said so.
  }
  if (!isObject(given)) return [];
  const names = new Set(actions.map(({ name }) => name));
  return Object.keys(given)
    .filter((name) => !names.has(name))
    .map((name) => ({
      name,
      meant: actions.find((action) => namesOf(action).includes(name))?.name,
    }));
}

const hearing = (said: string[]): Log => {
  const nothing = async () => {};
  const say = async (line: string) => {
    said.push(line);
  };
  const size = () => 0;
  return { say, honoured: nothing, declined: nothing, outcome: nothing, putAside: nothing, size };
};

/** The state folder and the settings. */
export const stateCheck: Check = {
  name: 'state',
  title: 'State and settings',
  async run(scene) {
    const facts = await factsOf(scene);
    return facts ? judgeState(facts) : [];
  },
};
