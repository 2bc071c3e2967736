import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Home, makeHome } from './home.ts';
import { makeWorld, obstacle, type World } from './net.ts';

/** A world and an agent in it, for all tests of a file. */
export interface Lane {
  readonly world: World;
  readonly home: Home;
}

/** What most of these tests need. */
export const TOOLS = ['ping', 'nft', 'iptables', 'ip6tables', 'ipset'];

/**
 * A world and a home that live as long as the tests of a file or of a `describe`. Where worlds cannot
 * be had every test is skipped with the reason; where the programs are not built they fail.
 */
export function lane(tools: readonly string[] = TOOLS): Lane {
  const why = obstacle(tools);
  // Reporters show the reason of a single test only when asked to.
  if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);
  const made: { world?: World; home?: Home } = {};
  beforeAll(async () => {
    if (why !== undefined) return;
    made.home = await makeHome();
    made.world = await makeWorld();
  });
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why);
  });
  afterAll(async () => {
    await made.world?.close();
    await made.home?.remove();
  });
  const present = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('only inside a test');
    return thing;
  };
  return {
    get world() {
      return present(made.world);
    },
    get home() {
      return present(made.home);
    },
  };
}
