import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const META = resolve(import.meta.dirname, '../../.cache/bundle/linux.meta.json');

interface Inputs {
  /** Modules that every run evaluates. */
  readonly oneShot: readonly string[];
  /** Modules that are only evaluated when a person calls. */
  readonly cli: readonly string[];
}

function inputs(): Inputs {
  if (!existsSync(META)) throw new Error(`there is no ${META}: run npm run build first`);
  return JSON.parse(readFileSync(META, 'utf8')) as Inputs;
}

const packages = (modules: readonly string[]) =>
  [
    ...new Set(
      modules.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    ),
  ].sort();

it('evaluates no npm package for an agent but the address parser', () => {
  expect(packages(inputs().oneShot)).toEqual(['ipaddr.js']);
});

it('keeps the command line in a chunk of its own', () => {
  const { oneShot, cli } = inputs();
  expect(packages(cli)).toEqual(['commander', 'ms']);
  expect(oneShot.filter((path) => path.startsWith('src/cli/'))).toEqual([]);
});

it('evaluates the library and the declared actions for an agent, nothing else', () => {
  const ours = inputs().oneShot.filter((path) => !path.includes('node_modules'));
  const elsewhere = ours.filter(
    (path) => !/^(src\/lib\/|scripts\/linux\/|build\/runtime\/|entry\.ts$)/.test(path),
  );
  expect(elsewhere).toEqual([]);
});
