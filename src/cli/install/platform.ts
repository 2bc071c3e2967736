import type { Host } from '../../lib/host.ts';
import type { ProgramFiles } from '../../lib/node/program-file.ts';
import { BSD_LIKE, ON_LINUX, ON_WINDOWS } from '../../lib/node/system.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import type { Adoption, Prospect } from './adopt.ts';
import { bsdPlatform } from './bsd-platform.ts';
import type { At, Site } from './site.ts';
import { UNIX_TIMER, unixPlatform } from './unix-platform.ts';
import { WINDOWS_TIMER, windowsPlatform } from './windows-platform.ts';

/** All that differs from system to system in putting programs into an agent's home. */
export interface Platform {
  readonly files: ProgramFiles;
  /** An action by hand that changes nothing: the program's name first. */
  readonly probe: readonly [name: string, ...words: string[]];
  /** What the name of a program that nobody is to call yet ends in. */
  readonly suffix: string;
  /** Milliseconds for one run of a program that the system may not know yet. */
  readonly patience: number;
  /** What is installed of a program's bytes, where that is not all of them as they are. */
  readonly fitted?: (bytes: Buffer) => Buffer;
  /** The file that is started to try a program by a name that it does not have yet. */
  readonly trial?: (fresh: string, name: string) => string;
  /** Takes away what trials needed, in the folder of programs. */
  readonly endTrial?: (bin: string) => void;
  /** The file that is started to try the program that has a name, absolute. */
  readonly startable: (name: string, site: Site) => string;
  /** Why installing needs more rights than we have, or nothing. */
  readonly powerless: () => string | undefined;
  /** Gives a program the owner, the group and the rights of the agent's own. */
  readonly own: (path: string, group: number) => void;
  /** Whether it has those. */
  readonly isOwn: (status: At, group: number) => boolean;
  readonly naming: Naming;
  /** Puts back when a file or folder was last changed, in nanoseconds since 1970. */
  readonly setChanged: (path: string, nanoseconds: bigint, host: Host) => Promise<void>;
  /** What a program needs that the system will not start, by the system's word for why. */
  readonly unstartable: (code: string | undefined) => string;
  readonly timer: Timer;
  /** Live blocks of the programs that are replaced; nothing where the agent's delete lifts those too. */
  readonly heritage?: Heritage;
}

/** How files get names where the former file may be a program that runs. */
export interface Naming {
  /** Gives a file one more name, which nothing has. Throws `EXDEV` where that is in another file system. */
  readonly add: (file: string, name: string) => void;
  /** Gives a file another name, in the place of whatever has it. */
  readonly move: (from: string, to: string) => void;
  /** Takes a name away. */
  readonly remove: (name: string) => void;
  /** Takes away, in a folder, what was in use when it was to go; gives what still is. */
  readonly tidy: (folder: string) => readonly string[];
  /** Brings those out of the way, and says where they are: the folder, and what could not be moved. */
  readonly evict: (left: readonly string[]) => readonly string[];
  /** Whether names may be copies, where a file can have but one. */
  readonly mayCopy: boolean;
}

/** What has `riposte sweep` called again and again. */
export interface Timer {
  /** Who would call it, for help. */
  readonly who: string;
  /** The names that people find it by; none where there can be none. */
  readonly parts: () => readonly string[];
  /** Why there can be none for a home, or nothing. */
  readonly obstacle: (home: string) => string | undefined;
  /** How a person sets it up where we do not. */
  readonly byHand?: (home: string) => string;
  /** Sets it up; what was set up before stays. */
  readonly set: (home: string, host: Host) => Promise<void>;
  /** Whether one for the home is set up. */
  readonly has: (home: string, host: Host) => Promise<boolean>;
  /** Takes it away again; the parts that are gone. */
  readonly remove: (home: string, host: Host) => Promise<readonly string[]>;
}

/** Taking over live blocks of the programs that are replaced. */
export interface Heritage {
  readonly prospect: (
    names: readonly string[],
    site: Site,
    collection: Collection,
    host: Host,
  ) => Promise<Prospect>;
  readonly adopt: (prospect: Prospect, host: Host) => Promise<Adoption>;
}

/** This system's; throws `usage` where there is none yet. */
export function platformHere(): Platform {
  if (ON_WINDOWS) return windowsPlatform;
  if (BSD_LIKE) return bsdPlatform;
  if (ON_LINUX) return unixPlatform;
  const text = 'install and uninstall do not know this system';
  throw new ActionError('usage', `${text}; copy the programs into active-response/bin by hand`);
}

/** Who calls a sweep on this system, for help. */
export const KEEPER: string = (ON_WINDOWS ? WINDOWS_TIMER : UNIX_TIMER).who;
