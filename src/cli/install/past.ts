import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Action, isDeed } from '../../lib/action.ts';
import { codeOf } from '../../lib/node/errors.ts';
import { LAYOUT } from '../../lib/node/system.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { parseLegacy, parseRequest } from '../../lib/protocol.ts';
import type { Request } from '../../lib/request.ts';
import { read, targetOf } from '../../lib/values.ts';

/** A call of an agent that the log tells of, and no delete after it. */
export interface OpenCall {
  readonly action: Action;
  /** The name that the agent called. */
  readonly program: string;
  readonly target: string;
  readonly request: Request;
}

/** So much of the end of the log is read, in bytes. */
const MAX = 64 << 20;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** The end of the agent's log; the agent's account may have put anything there. */
export function logOf(home: string): string {
  const path = `${home}/${LAYOUT.log}`;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return '';
    throw new ActionError('bad-state', `${path} cannot be read: ${(thrown as Error).message}`);
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile() || status.nlink !== 1) {
      throw new ActionError('bad-state', `${path} is not a regular file with one link`);
    }
    const buffer = Buffer.alloc(Math.min(status.size, MAX));
    const start = status.size - buffer.length;
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, start));
  } finally {
    closeSync(fd);
  }
}

const JSON_LINE = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/([^/\s:]+): (\{.*)$/;
const WORDS_LINE = /^\w{3} \w{3} .*? \/\S*\/active-response\/bin\/([^/\s]+) ((?:add|delete) .*)$/;

/** What agents asked for and did not take back, as a log tells it, oldest first. */
export async function openCalls(
  log: string,
  { actions }: Pick<Collection, 'actions'>,
): Promise<readonly OpenCall[]> {
  const byName = new Map<string, Action>();
  for (const { names, load } of actions) {
    const action = (await load()).default;
    if (!isDeed(action)) for (const name of names) byName.set(name, action);
  }
  const open = new Map<string, OpenCall>();
  for (const line of log.split('\n')) {
    const call = callIn(line, byName);
    if (!call) continue;
    const key = `${call.program} ${call.target}`;
    open.delete(key);
    if (call.request.verb === 'add') open.set(key, call);
  }
  return [...open.values()];
}

function callIn(line: string, byName: ReadonlyMap<string, Action>): OpenCall | undefined {
  const [, program = '', rest = ''] = JSON_LINE.exec(line) ?? WORDS_LINE.exec(line) ?? [];
  const action = byName.get(program);
  if (!action) return undefined;
  try {
    const request = rest.startsWith('{')
      ? parseRequest(rest, new Set())
      : parseLegacy(rest.split(' '));
    return { action, program, target: targetOf(action, read(action, request)), request };
  } catch {
    // The agent's answer, our own outcome, or what no program would have acted upon.
    return undefined;
  }
}
