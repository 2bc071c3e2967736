import { BIN, SIGNS, USUAL_HOME } from '../../lib/node/home.ts';
import { STATE } from '../../lib/ports.ts';
import { bad, type Check, type Finding, good, warning } from './finding.ts';
import { type Mount, mountOf } from './mount.ts';
import type { Scene } from './scene.ts';
import { see } from './seen.ts';
import { SYSTEM } from './system.ts';

/** What is known of the agent's home. */
export interface HomeFacts {
  /** The home that was named and does not exist. */
  readonly lost: string | undefined;
  readonly home: string | undefined;
  /** What a home has, by the names below it. */
  readonly folders: Readonly<Record<string, 'there' | 'missing' | 'hidden'>>;
  readonly mount: Mount | undefined;
}

const PARTS = [...SIGNS, BIN];

/** Less than this, in bytes, is no room for records. */
const LEAST = 1 << 20;

/** Whether there is an agent to work for. */
export function judgeHome({ lost, home, folders, mount }: HomeFacts): Finding[] {
  const hint = 'name the agent’s home with --home DIRECTORY';
  if (lost !== undefined) return [bad(`${lost}: there is no such directory`, hint)];
  if (home === undefined) {
    return [
      bad(`no agent’s home was found, neither around this program nor at ${USUAL_HOME}`, hint),
    ];
  }
  const where = (state: string) => PARTS.filter((folder) => folders[folder] === state);
  const [hidden, missing] = [where('hidden'), where('missing')];
  if (hidden.length > 0) {
    return [bad(`${home} cannot be looked into by this user`, SYSTEM.elevate)];
  }
  if (SIGNS.every((sign) => missing.includes(sign))) {
    return [bad(`${home} is no agent’s home: it has neither ${SIGNS.join(' nor ')}`, hint)];
  }
  return [
    ...(missing.length > 0
      ? [bad(`${home} has no ${missing.join(' and no ')}`, 'repair the agent’s package')]
      : [good(`the agent’s home is ${home}`)]),
    ...(mount ? judgeMount(home, mount) : []),
  ];
}

function judgeMount(home: string, { point, noexec, readOnly, free }: Mount): Finding[] {
  const found: Finding[] = [];
  if (noexec) {
    const fix = `mount -o remount,exec ${point}, and change /etc/fstab accordingly`;
    found.push(bad(`nothing can be run below ${home}: ${point} is mounted with noexec`, fix));
  }
  if (readOnly) {
    const text = `${point} is mounted read-only: nothing can be logged, and nothing recorded in ${STATE}`;
    found.push(bad(text, `mount -o remount,rw ${point}`));
  } else if (free < LEAST) {
    found.push(
      warning(`${point} is full: nothing can be recorded or logged`, 'make some room on it'),
    );
  }
  return found;
}

async function factsOf({ lost, home }: Scene): Promise<HomeFacts> {
  const stateOf = (folder: string): 'there' | 'missing' | 'hidden' => {
    const seen = see(`${home}/${folder}`);
    if (seen === 'hidden') return 'hidden';
    return seen === undefined ? 'missing' : 'there';
  };
  const folders = Object.fromEntries(PARTS.map((folder) => [folder, stateOf(folder)]));
  return { lost, home, folders, mount: home === undefined ? undefined : mountOf(`${home}/${BIN}`) };
}

/** The agent's home. */
export const homeCheck: Check = {
  name: 'home',
  title: 'Agent',
  run: async (scene) => judgeHome(await factsOf(scene)),
};
