import { type Ask, asking, type Question } from '../asking.ts';
import { type Command, run, spell, unexpected } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError } from '../outcome.ts';
import { STATE } from '../ports.ts';
import { isObject } from '../settings.ts';
import { isEmpty, ownAnchors } from './pf-commands.ts';

// macOS keeps pf enabled for as long as anybody has a token that says so. Ours is kept in a file: the
// kernel does not say whose a token is.
const FILE = `${STATE}/pf-token`;
const MAX_LENGTH = 65_536;

/** What is on file: our token, or, where it is not known that one was given, all that there were. */
interface Kept {
  readonly token?: string;
  readonly before?: readonly string[];
}

/** Keeps pf enabled. */
export const TAKING: Command = run('pfctl', '-E');

/** Lets it be disabled, as far as we are concerned. */
export const releasing = (token: string): Command => run('pfctl', '-X', token);

/** Names every token there is. */
export const REFERENCES: Command = run('pfctl', '-s', 'References');

/** The tokens that somebody got by `pfctl`. */
const references: Question<readonly string[]> = {
  command: REFERENCES,
  read: (completed) => {
    if (completed.exitCode !== 0) throw unexpected(REFERENCES, completed);
    const rows = completed.stdout.matchAll(/^\s*\d+\s+pfctl\s+(\d+)\b/gm);
    return [...rows].map(([, token = '']) => token);
  },
};

async function kept({ files }: Host): Promise<Kept | undefined> {
  const text = await files.readOwn(FILE, MAX_LENGTH);
  if (text === undefined) return undefined;
  try {
    const given: unknown = JSON.parse(text);
    const { token, before } = isObject(given) ? given : {};
    if (typeof token === 'string' && /^\d+$/.test(token)) return { token };
    return { before: Array.isArray(before) ? before.map(String) : [] };
  } catch {
    return {};
  }
}

async function keep({ files }: Host, what: Kept): Promise<void> {
  await files.ensurePrivate(STATE);
  await files.replace(FILE, `${JSON.stringify(what)}\n`);
}

/** The token that must be ours, since nothing else came up while we asked for one. */
function ours({ token, before }: Kept, now: readonly string[]): string | undefined {
  if (token !== undefined) return now.includes(token) ? token : undefined;
  if (before === undefined) return undefined;
  const fresh = now.filter((one) => !before.includes(one));
  return fresh.length === 1 ? fresh[0] : undefined;
}

/** Whether we have a token that counts: a reboot takes it, and `pfctl -d` does. */
export async function hasToken(host: Host, ask: Ask): Promise<boolean> {
  const { token } = (await kept(host)) ?? {};
  return token !== undefined && (await ask(references)).includes(token);
}

/** Gets a token, unless there is one. A second one would keep pf enabled for ever. */
export async function takeToken(host: Host, ask: Ask): Promise<void> {
  const now = await ask(references);
  const known = await kept(host);
  const mine = known && ours(known, now);
  if (mine !== undefined) return keep(host, { token: mine });
  await keep(host, { before: now });
  const token = await ask(taking);
  await keep(host, { token });
}

const taking: Question<string> = {
  command: TAKING,
  read: (completed) => {
    const token = /^Token\s*:\s*(\d+)/m.exec(`${completed.stderr}\n${completed.stdout}`)?.[1];
    if (completed.exitCode !== 0) throw unexpected(TAKING, completed);
    if (token !== undefined) return token;
    const text = `${spell(TAKING)} answers 0, but names no token`;
    throw new ActionError('tool-failed', text);
  },
};

/**
 * Gives the token back where no address is blocked any more. What comes of it changes nothing for the
 * caller: at worst pf stays enabled.
 */
export async function giveBack(host: Host, timeout: number): Promise<void> {
  try {
    await giveBackIfFree(host, asking(host, timeout));
  } catch (thrown) {
    await host.log.say(`pf stays enabled: ${asActionError(thrown).message}`);
  }
}

async function giveBackIfFree(host: Host, ask: Ask): Promise<void> {
  const known = await kept(host);
  if (!known) return;
  for (const anchor of await ask(ownAnchors('macos'))) {
    if (!(await ask(isEmpty(anchor)))) return;
  }
  const token = ours(known, await ask(references));
  if (token !== undefined) await ask(released(token));
  await host.files.remove(FILE);
}

const released = (token: string): Question<'released'> => {
  const command = releasing(token);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'released';
      throw unexpected(command, completed);
    },
  };
};
