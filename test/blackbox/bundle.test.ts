import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { Inventory } from '../../build/bundle.ts';

const META = resolve(import.meta.dirname, '../../.cache/bundle/linux.meta.json');

function inventory(): Inventory {
  if (!existsSync(META)) throw new Error(`there is no ${META}: run npm run build first`);
  return JSON.parse(readFileSync(META, 'utf8')) as Inventory;
}

/** What a run of an action evaluates that asks for nothing on demand. */
function evaluated(action: string): readonly string[] {
  const { always, onDemand } = inventory();
  const own = onDemand[`scripts/linux/${action}.ts`];
  if (!own) throw new Error(`${action} is no chunk`);
  return [...always, ...own];
}

const packages = (modules: readonly string[]) =>
  [
    ...new Set(
      modules.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    ),
  ].sort();

it('evaluates no npm package for an agent but the address parser', () => {
  expect(packages(evaluated('firewall-drop'))).toEqual(['ipaddr.js']);
});

it('keeps the command line in a chunk of its own', () => {
  const { always, onDemand } = inventory();
  expect(packages(onDemand['src/cli/manual.ts'] ?? [])).toEqual(['commander', 'ms']);
  // What only the commands of `riposte` need does not make an action by hand wait.
  expect(packages(onDemand['src/cli/index.ts'] ?? [])).toEqual(
    expect.arrayContaining(['commander', 'execa', 'which']),
  );
  expect(always.filter((path) => path.startsWith('src/cli/'))).toEqual([]);
});

it('evaluates the library and the one action for an agent, nothing else', () => {
  const { always } = inventory();
  const elsewhere = evaluated('firewall-drop').filter(
    (path) =>
      !/^(src\/lib\/|scripts\/linux\/firewall-drop|build\/runtime\/|node_modules\/)/.test(path),
  );
  expect(elsewhere).toEqual([]);
  expect(always.filter((path) => path.startsWith('scripts/'))).toEqual([]);
});

it('leaves to each action what only that action needs', () => {
  const foreign = /src\/lib\/(?:accounts|deeds|notify|restart|shim|wrappers)\//;
  expect(evaluated('firewall-drop').filter((path) => foreign.test(path))).toEqual([]);
  expect(evaluated('wazuh-slack').some((path) => path.includes('/notify/'))).toBe(true);
});

it('holds nothing that only another system needs', () => {
  const { always, onDemand } = inventory();
  const all = [...always, ...Object.values(onDemand).flat()];
  expect(all).toContain('src/cli/doctor/unix-checks.ts');
  expect(all.filter((path) => /windows|\/(?:bsd|runtime)-/.test(path))).toEqual([]);
});

it('loads the ports of few only when one of them asks', () => {
  const { always, onDemand } = inventory();
  for (const port of ['http', 'vault', 'signals', 'system-files', 'installation']) {
    expect(always).not.toContain(`src/lib/node/${port}.ts`);
    expect(Object.keys(onDemand)).toContain(`src/lib/node/${port}.ts`);
  }
});
