import type { Circumstance, Option } from '../action.ts';
import { type Backend, type Deed, run } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { changeText } from '../system-files.ts';
import {
  added,
  HOSTS_DENY,
  type HostsFile,
  has,
  hasLine,
  marked,
  removed,
  unmarked,
} from './hosts-file.ts';
import { hostsSurvey } from './hosts-survey.ts';

const LIBRARY = 'libwrap.so';

/** The setting that lets a rule be written though no library of TCP wrappers is there to read it. */
export const wrappersOption: Option = {
  help: 'write the rule also where the library of TCP wrappers is not found (yes or no)',
  values: ['yes', 'no'],
  settings: true,
};

/** Keeps the address out of every service that asks TCP wrappers, by a rule of `/etc/hosts.deny`. */
export const hostsDeny = (ip: Ip, circumstance: Circumstance): Backend =>
  denial(
    {
      name: 'hosts-deny',
      file: HOSTS_DENY,
      theirs: unmarked(ip),
      editing: ['-i'],
      caveat: 'for services that use TCP wrappers, unless hosts.allow lets it in',
    },
    ip,
    circumstance,
  );

/** How one system keeps such rules. */
export interface Wrapping {
  readonly name: string;
  readonly file: HostsFile;
  /** What an older program writes for the address, without a mark. */
  readonly theirs: string;
  /** With which words its `sed` writes to the file itself. */
  readonly editing: readonly string[];
  /** What people should know of the rule. */
  readonly caveat: string;
}

/** Keeps the address out by a rule of such a file. */
export function denial(wrapping: Wrapping, ip: Ip, { holder, options }: Circumstance): Backend {
  const { name, file, theirs, editing, caveat } = wrapping;
  const { path } = file;
  const entry = marked(file, ip, holder);
  const trusting = options['assume-wrappers'] === 'yes';
  const pattern = theirs.replace(/[[\].]/g, '\\$&');
  const quoted = entry.map((line) => `"${line}"`);
  const look = (spelled: string, there: (text: string) => boolean): Deed<'present' | 'absent'> => ({
    spelled,
    act: async ({ systemFiles }) =>
      there((await systemFiles.read(path)) ?? '') ? 'present' : 'absent',
  });
  return {
    name,
    longest: 0,
    lock: path,
    record: true,
    survey: hostsSurvey(name, file),
    persistent: true,
    caveat: trusting ? 'if anything reads that file, which the settings say' : caveat,
    effects: [
      {
        what: `${entry.join(', ')} in ${path}`,
        ...(!trusting && { ground: { what: 'TCP wrappers', see: wrappers(path), ways: [] } }),
        see: look(`look for ${quoted.join(' and, below it, ')} in ${path}`, (text) =>
          has(text, entry),
        ),
        make: {
          spelled: `put ${quoted.join(' and ')} at the top of ${path}`,
          act: async ({ systemFiles }, timeout) =>
            (await changeText(systemFiles, path, (text) => added(text, entry), timeout))
              ? 'made'
              : 'present',
        },
        undo: {
          spelled: `take ${quoted.join(' and ')} out of ${path}`,
          act: async ({ systemFiles }, timeout) =>
            (await changeText(systemFiles, path, (text) => removed(text, entry), timeout))
              ? 'undone'
              : 'absent',
        },
      },
    ],
    foreign: [
      {
        see: look(`look for "${theirs}" in ${path}`, (text) => hasLine(text, theirs)),
        lift: run('sed', ...editing, `/^${pattern}$/d`, path),
      },
    ],
  };
}

/** Whether there is anything to read such a file. */
const wrappers = (path: string): Deed<'present'> => ({
  spelled: `look for ${LIBRARY}, without which nothing reads ${path}`,
  act: async ({ systemFiles }) => {
    if (await systemFiles.hasLibrary(LIBRARY)) return 'present';
    const text = `no ${LIBRARY} here, so that nothing reads ${path}; block with firewall-drop, or set assume-wrappers`;
    throw new ActionError('no-effect', text);
  },
});
