import { execa } from 'execa';
import { codeOf } from '../../lib/node/errors.ts';
import { BIN } from '../../lib/node/home.ts';
import { TOOLS } from '../../lib/node/tools.ts';
import { ActionError } from '../../lib/outcome.ts';
import { oneLine } from '../../lib/text.ts';
import type { Platform } from './platform.ts';
import { contentOf } from './program.ts';
import { type At, at, type Site } from './site.ts';

/** A program to be tried. */
export interface Trial {
  /** The file that is run. */
  readonly path: string;
  /** The version that it must be. */
  readonly version: string;
  /** Milliseconds for one run, if not the platform's own. */
  readonly patience?: number;
}

/**
 * Runs a program as the agent would, from the home and by its name there, but so that nothing changes.
 * Throws `refused` with the reason where it does not run.
 */
export async function tryOut(trial: Trial, site: Site, platform: Platform): Promise<void> {
  const { version } = trial;
  const riposte = platform.files.fileOf('riposte');
  const as = (name: string): Trial =>
    platform.trial ? { ...trial, path: platform.trial(trial.path, name) } : trial;
  const told = await ran(as(riposte), riposte, ['--version'], site, platform);
  if (told !== version) {
    const text = `${trial.path} says that it is ${quoted(told)}, and not ${version}`;
    throw new ActionError('refused', `it was not installed: ${text}`);
  }
  const [name, ...words] = platform.probe;
  const file = platform.files.fileOf(name);
  await ran(as(file), file, [...words, '--home', site.home], site, platform);
  platform.endTrial?.(site.bin);
}

async function ran(
  { path, patience: said }: Trial,
  name: string,
  words: readonly string[],
  { home }: Pick<Site, 'home'>,
  platform: Platform,
): Promise<string> {
  const patience = said ?? platform.patience;
  const ended = await execa(path, words, {
    argv0: `${BIN}/${name}`,
    cwd: home,
    env: TOOLS.environment,
    extendEnv: false,
    stdin: 'ignore',
    timeout: patience,
    killSignal: 'SIGKILL',
    reject: false,
  });
  if (ended.exitCode === 0) return ended.stdout.trim();
  const line = [name, ...words].join(' ');
  const why = ended.timedOut
    ? `did not end within ${patience / 1000} s`
    : ended.signal !== undefined
      ? `died of ${ended.signal}`
      : ended.exitCode === undefined
        ? `could not be started: ${platform.unstartable(codeOf(ended) ?? codeOf(ended.cause))}`
        : `answered ${ended.exitCode}: ${quoted(ended.stderr || ended.stdout)}`;
  const text = `${path}, run as ${line}, ${why}`;
  throw new ActionError('refused', `it was not installed: ${text}`);
}

const quoted = (text: string): string =>
  oneLine(text.trim().split('\n')[0]?.slice(0, 200) || 'nothing');

// Each is a process of its own; more of them would only wait for one another.
const AT_ONCE = 4;

/** Sees that every name is one file with the right owner and mode, and that it runs by each. */
export async function verify(
  names: readonly string[],
  version: string,
  site: Site,
  platform: Platform,
): Promise<void> {
  const [first = ''] = names;
  const one = at(`${site.bin}/${first}`);
  const isSame = (status: At, path: string) =>
    status.identity === one?.identity ||
    (platform.naming.mayCopy &&
      contentOf(path).sha256 === contentOf(`${site.bin}/${first}`).sha256);
  for (const name of names) {
    const path = `${site.bin}/${name}`;
    const status = at(path);
    const good = status && platform.isOwn(status, site.group) && isSame(status, path);
    if (!good) throw unverified(name, site, 'it is not the file that was put there');
  }
  const rest = [...names];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
        const trial = { path: platform.startable(name, site), version };
        const told = await ran(trial, name, ['--version'], site, platform).catch((thrown: Error) =>
          Promise.reject(unverified(name, site, thrown.message)),
        );
        if (told !== version) throw unverified(name, site, `it says that it is ${quoted(told)}`);
      }
    }),
  );
}

const unverified = (name: string, { bin }: Site, why: string): ActionError => {
  const help = 'run riposte install again, or riposte uninstall for what was there before';
  return new ActionError('tool-failed', `${bin}/${name}: ${why}; ${help}`);
};
