import { basename } from 'node:path';
import { programFile } from '../../lib/node/called.ts';
import { BIN } from '../../lib/node/home.ts';
import { PROGRAM_FILES } from '../../lib/node/program-file.ts';
import { type Distrusted, distrust } from '../../lib/node/trust.ts';
import { type Contents, contentsOf } from './contents.ts';
import { bad, type Check, type Finding, good, listed, warning } from './finding.ts';
import { filesOf, type Scene } from './scene.ts';
import { namesIn, type Seen, see } from './seen.ts';
import { SYSTEM, type System } from './system.ts';

/** One name of ours in the agent's folder of programs. */
export interface Program extends Seen {
  readonly name: string;
  /** What is in it; nothing where it cannot be read, or is no file. */
  readonly contents: Contents | undefined;
}

/** What is known of the programs. */
export interface ProgramsFacts {
  /** `HOME/active-response/bin`. */
  readonly folder: string;
  /** The group of that folder, which its programs have too. */
  readonly gid: number;
  /** The agent's account can read what root's group may not. */
  readonly programs: readonly Program[];
  /** Something on the way to the folder that others could change. */
  readonly distrusted: Distrusted | undefined;
  readonly uid: number;
  /** What runs here and now; nothing where that is no program of its own. */
  readonly running: Contents | undefined;
}

const WHOLE = PROGRAM_FILES.fileOf('riposte');

/** Whether the names are there, are ours and one, and can be changed by root alone. */
export function judgePrograms(facts: ProgramsFacts, system: System = SYSTEM): Finding[] {
  const { folder, programs, distrusted } = facts;
  const ours = programs.filter(({ contents }) => contents?.ours);
  const hidden = programs.filter(({ kind, contents }) => kind === 'file' && !contents);
  const found: Finding[] = [];
  if (distrusted) {
    const text = `${distrusted.what} ${distrusted.why}: whoever can, can become root`;
    found.push(bad(text, system.mending.distrusted(distrusted.what)));
  }
  if (hidden.length > 0) {
    const text = `${listed(hidden.map(({ name }) => name))} cannot be read by this user`;
    found.push(warning(text, system.elevate));
  }
  if (ours.length === 0) {
    if (hidden.length === 0) {
      found.push(bad(`no program of Riposte is in ${folder}`, 'install them; see README.md'));
    }
    return found;
  }
  found.push(good(`${ours.length} names of Riposte are in ${folder}`));
  return [
    ...found,
    ...judgeStrangers(facts, ours, system),
    ...judgeCopies(facts, ours, system),
    ...judgeBuild(facts, ours),
    ...ours.flatMap((program) => system.judgeRights(program, facts)),
  ];
}

/** Names of ours that hold something else: an upgrade of the agent puts its own back. */
function judgeStrangers(
  { folder, programs }: ProgramsFacts,
  ours: readonly Program[],
  { mending }: System,
): Finding[] {
  const [first] = ours;
  const strangers = programs.filter(
    ({ kind, contents }) => (kind === 'file' && contents && !contents.ours) || kind === 'other',
  );
  return strangers.map(({ name }) =>
    bad(
      `${folder}/${name} is not Riposte’s: did an upgrade of the agent overwrite it`,
      mending.stranger(folder, first?.name ?? '', name),
      name,
    ),
  );
}

/** All names are one file; a copy of the folder makes many of it, which then grow apart. */
function judgeCopies(
  { folder }: ProgramsFacts,
  ours: readonly Program[],
  { mending }: System,
): Finding[] {
  const groups = Map.groupBy(ours, ({ inode }) => inode);
  if (groups.size < 2) return [];
  const digests = Map.groupBy(ours, ({ contents }) => contents?.digest);
  // The whole first, if it is there: it is what was installed last.
  const [first = ''] = [...ours.filter(({ name }) => name === WHOLE), ...ours].map(
    ({ name }) => name,
  );
  const same = ours.find(({ name }) => name === first);
  const others = ours.filter(({ inode }) => inode !== same?.inode).map(({ name }) => name);
  const fix = mending.copies(folder, first, others);
  if (digests.size > 1) {
    const differing = ours.filter(({ contents }) => contents?.digest !== same?.contents?.digest);
    const names = listed(differing.map(({ name }) => name));
    return [bad(`${names} are of another build than ${first}`, fix)];
  }
  const size = Math.round(((groups.size - 1) * (same?.size ?? 0)) / 1e6);
  const text = `${groups.size} copies of the program, where all names should be links to one: a copy broke them (${size} MB)`;
  return [warning(text, fix)];
}

function judgeBuild({ running }: ProgramsFacts, ours: readonly Program[]): Finding[] {
  if (!running || ours.some(({ contents }) => contents?.digest === running.digest)) return [];
  return [
    warning(
      'what is installed is another build than the one that says this',
      'run the doctor that is installed, or install this build',
    ),
  ];
}

/** What is there; nothing where there is no folder to look into. */
export function programsIn({ home, actions, uid }: Scene): ProgramsFacts | undefined {
  const folder = `${home}/${BIN}`;
  const seen = home === undefined ? undefined : see(folder);
  if (seen === undefined || seen === 'hidden') return undefined;
  const known = new Map<string, Contents | undefined>();
  const contents = (path: string, inode: string) => {
    if (!known.has(inode)) known.set(inode, contentsOf(path));
    return known.get(inode);
  };
  const there = new Set(namesIn(folder).map(PROGRAM_FILES.spelled));
  const programs = [WHOLE, ...actions.flatMap(filesOf)]
    .filter((name) => there.has(name))
    .flatMap((name): Program[] => {
      const one = see(`${folder}/${name}`);
      if (one === undefined || one === 'hidden') return [];
      return [{ ...one, name, contents: contents(`${folder}/${name}`, one.inode) }];
    });
  const path = programFile();
  const self = see(path);
  // From a checkout it is the runtime that runs.
  const isProgram =
    !/^node(?:\.exe)?$|\.ts$/i.test(basename(path)) && self !== undefined && self !== 'hidden';
  const running = isProgram ? contents(path, self.inode) : undefined;
  return {
    folder,
    gid: seen.gid,
    programs,
    distrusted: distrust([folder], uid),
    uid,
    running: running?.ours ? running : undefined,
  };
}

/** The programs in the agent's folder. */
export const programsCheck: Check = {
  name: 'programs',
  title: 'Programs',
  async run(scene) {
    const facts = programsIn(scene);
    return facts ? judgePrograms(facts) : [];
  },
};
