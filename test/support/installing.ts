import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type AgentTree, agentTree, fingerprint, type Generation } from './agent-tree.ts';
import { BUILT } from './home.ts';
import { type Place, place, type Ran } from './net.ts';

/** This machine without its network: what lifts blocks finds none of anybody's. */
export const apart = place('apart', ['unshare', '-n', '--']);

/** The built program, outside of any home. */
export const PROGRAM = join(BUILT, 'riposte');

/** So few names that a run is short: replaced ones that are one file, one by a link, and a new one. */
export const FEW = ['--only', 'firewall-drop,default-firewall-drop,firewall-drop.sh,throttle'];

/** An agent's home, and riposte install and uninstall for it. */
export interface Subject {
  readonly tree: AgentTree;
  /** What it was before. */
  readonly before: string;
  /** What it is now. */
  print(without?: (below: string) => boolean): string;
  /** Installs with the built program. */
  install(...words: string[]): Promise<Ran>;
  /** Uninstalls with the built program. */
  uninstall(...words: string[]): Promise<Ran>;
  /** Calls the installed program. */
  riposte(...words: string[]): Promise<Ran>;
  /** Whether there is something below the home. */
  has(below: string): boolean;
}

/** Makes homes that are gone after each test. */
export function subjects(): (generation?: Generation, at?: Place, under?: string) => Subject {
  const made: AgentTree[] = [];
  afterEach(() => {
    for (const tree of made.splice(0)) tree[Symbol.dispose]();
  });
  return (generation = 'wazuh4', at = apart, under) => {
    const tree = agentTree(generation, under);
    made.push(tree);
    const home = ['--home', tree.path];
    return {
      tree,
      before: fingerprint(tree.path),
      print: (without) => fingerprint(tree.path, without),
      install: (...words) => at.run([PROGRAM, 'install', ...home, ...words]),
      uninstall: (...words) => at.run([PROGRAM, 'uninstall', ...home, ...words]),
      riposte: (...words) => at.run([join(tree.bin, 'riposte'), ...words]),
      has: (below) => existsSync(join(tree.path, below)),
    };
  };
}

/** The lines that differ, so that a failure shows these and not the whole tree. */
export function differences(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}
