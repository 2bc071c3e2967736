import { ActionError, asActionError } from './outcome.ts';
import type { Files } from './ports.ts';
import { isObject, objectIn, SETTINGS } from './settings.ts';
import { parseSize } from './size.ts';

/** How large files of ours may become, in bytes. */
export interface Bounds {
  readonly journal: number;
  /** Nothing for a log that something else keeps short. */
  readonly log: number | undefined;
}

/** What holds where root has set nothing. */
export const USUAL: Bounds = { journal: 4 << 20, log: undefined };

/** Less would be one message of an agent. */
const LEAST = 64 << 10;

/** Half of a journal must fit into memory. */
const MOST: Readonly<Record<keyof Bounds, number>> = {
  journal: 256 << 20,
  log: Number.MAX_SAFE_INTEGER,
};

const MAX_LENGTH = 1 << 20;

const EXAMPLE: Readonly<Record<keyof Bounds, string>> = {
  journal: '{"journal": {"max": "16 MiB"}}',
  log: '{"log": {"max": "10 MiB"}}',
};

/** The bounds, and a sentence for each that could not be understood and is the usual one. */
export interface Understood {
  readonly bounds: Bounds;
  readonly complaints: readonly string[];
}

/** What root's settings say under `journal` and `log`. Never throws. */
export async function boundsIn(files: Pick<Files, 'readOwn'>): Promise<Understood> {
  try {
    const text = await files.readOwn(SETTINGS, MAX_LENGTH);
    return text === undefined ? { bounds: USUAL, complaints: [] } : understand(objectIn(text));
  } catch (thrown) {
    return { bounds: USUAL, complaints: [asActionError(thrown).message] };
  }
}

function understand(root: Readonly<Record<string, unknown>>): Understood {
  const complaints: string[] = [];
  const bound = <Name extends keyof Bounds>(name: Name): Bounds[Name] | number => {
    try {
      return boundOf(root, name) ?? USUAL[name];
    } catch (thrown) {
      complaints.push(asActionError(thrown).message);
      return USUAL[name];
    }
  };
  const bounds = { journal: bound('journal'), log: bound('log') };
  return { bounds, complaints };
}

/** Throws `bad-settings`, and quotes nothing: what was put there by mistake may be a secret. */
function boundOf(root: Readonly<Record<string, unknown>>, name: keyof Bounds): number | undefined {
  const bad = (why: string) => new ActionError('bad-settings', `${SETTINGS}: ${why}`);
  const section = root[name];
  if (section === undefined) return undefined;
  if (!isObject(section)) throw bad(`${name} must be like ${EXAMPLE[name]}`);
  const others = Object.keys(section).filter((key) => key !== 'max');
  if (others.length > 0) throw bad(`${name} has one member, max, as in ${EXAMPLE[name]}`);
  if (section['max'] === undefined) return undefined;
  const size = parseSize(section['max']);
  if (size === undefined) {
    const how = 'a number of bytes, or a text with a unit: B, KiB, MiB or GiB';
    throw bad(`${name}.max must be ${how}, as in ${EXAMPLE[name]}`);
  }
  if (size < LEAST) throw bad(`${name}.max must be at least 64 KiB`);
  if (size > MOST[name]) throw bad(`${name}.max must be at most 256 MiB`);
  return size;
}
