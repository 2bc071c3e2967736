import { existsSync } from 'node:fs';
import { BIN } from '../../lib/node/home.ts';
import { hasProcess } from '../../lib/node/process-number.ts';
import { machineProcesses } from '../../lib/node/processes.ts';
import { STATE } from '../../lib/ports.ts';
import { type Check, type Finding, good, listed, warning } from './finding.ts';
import type { Scene } from './scene.ts';
import { namesIn } from './seen.ts';
import { SYSTEM } from './system.ts';

/** What runs have left behind that did not come to their end. */
export interface LeftoversFacts {
  /** Places in line for a lock, of processes that are gone. */
  readonly tickets: readonly string[];
  /** Files that were to replace another one, of processes that are gone. */
  readonly temporary: readonly string[];
  /** Former contents of files that were being written in place. */
  readonly former: readonly string[];
  /** Locks of the agent's own programs, which wait for them for minutes. */
  readonly stock: readonly string[];
}

/** Whether anything lies about that should not. */
export function judgeLeftovers({ tickets, temporary, former, stock }: LeftoversFacts): Finding[] {
  const found: Finding[] = [];
  if (tickets.length > 0) {
    const text = `a run that died left its place in line for a lock: ${listed(tickets)}`;
    found.push(warning(text, 'nobody waits for it, and the next run removes it'));
  }
  if (temporary.length > 0) {
    found.push(warning('a run that died left a file behind', SYSTEM.removal(temporary)));
  }
  if (former.length > 0) {
    const text = `a file was perhaps left half written; its former content is ${listed(former)}`;
    found.push(warning(text, 'the next run puts it right; or compare and copy it back'));
  }
  if (stock.length > 0) {
    const text = `the agent’s own programs left a lock behind, for which they wait for minutes: ${listed(stock)}`;
    found.push(warning(text, `rm -r ${stock.join(' ')}`));
  }
  return found.length > 0 ? found : [good('nothing was left behind')];
}

// Locks of programs that these ones replace, below the home.
const STOCK = [
  `${BIN}/fw-drop`,
  `${BIN}/host-deny-lock`,
  `${BIN}/block-ip-lock`,
  `${BIN}/block-ip-hostsdeny-lock`,
  'active-response/host-deny-lock',
];

/** What our own runs have left below a home. */
export async function ownLeftovers({ home }: Pick<Scene, 'home'>): Promise<LeftoversFacts> {
  const state = `${home}/${STATE}`;
  const owned = namesIn(`${state}/lock`).flatMap((name) => {
    const [, owner] = /^[^.]+\.([^@]+)@/.exec(name) ?? [];
    return owner === undefined ? [] : [{ name, owner }];
  });
  const lives = await machineProcesses(home).lives(owned.map(({ owner }) => owner));
  const tickets = owned.flatMap(({ name }, at) => (lives[at] === 'gone' ? [name] : []));
  const dead = (name: string) => {
    const [, pid] = /\.(\d+)$/.exec(name) ?? [];
    return pid !== undefined && !hasProcess(Number(pid));
  };
  const below = (folder: string, pattern: RegExp) =>
    namesIn(folder)
      .filter((name) => pattern.test(name))
      .map((name) => `${folder}/${name}`);
  const temporary = below(state, /^(?:new|output)\.\d+$/);
  return {
    tickets,
    temporary: temporary.filter(dead),
    former: below(`${state}/former`, /./),
    stock: [],
  };
}

async function factsOf(scene: Scene): Promise<LeftoversFacts> {
  const own = await ownLeftovers(scene);
  const written = namesIn('/etc').flatMap((name) => {
    const [, pid] = /^\.hosts\.(?:deny|allow)\.riposte\.(\d+)$/.exec(name) ?? [];
    return pid !== undefined && !hasProcess(Number(pid)) ? [`/etc/${name}`] : [];
  });
  return {
    ...own,
    temporary: [...own.temporary, ...written],
    stock: STOCK.map((path) => `${scene.home}/${path}`).filter((path) => existsSync(path)),
  };
}

/** What was left behind. */
export const leftoversCheck: Check = {
  name: 'leftovers',
  title: 'Leftovers',
  run: async (scene) => (scene.home === undefined ? [] : judgeLeftovers(await factsOf(scene))),
};
