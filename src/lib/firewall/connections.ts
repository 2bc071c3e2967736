import type { Ask, Question } from '../asking.ts';
import { type Command, must, run, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';

const sockets = ({ text, family }: Ip, ...words: string[]) =>
  run('ss', '-H', '-n', '-t', ...words, 'dst', family === 6 ? `[${text}]` : text);

const kill = (ip: Ip) => sockets(ip, '-K');

const forget = ({ text, family }: Ip) => run('conntrack', '-D', '-f', `ipv${family}`, '-s', text);

/** The commands that cut what is open between this host and the address. */
export const cutting = (ip: Ip): readonly Command[] => [kill(ip), forget(ip)];

function open(ip: Ip): Question<boolean> {
  const command = sockets(ip, 'state', 'established');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0) throw unexpected(command, completed);
      return completed.stdout.trim() !== '';
    },
  };
}

function forgotten(ip: Ip): Question<boolean> {
  const command = forget(ip);
  return {
    command,
    // Nothing to forget is a failure to it.
    read: (completed) =>
      completed.exitCode === 0 || says(completed, ' 0 flow entries have been deleted'),
  };
}

/**
 * Cuts what is open between this host and the address, as far as the tools here can, for a firewall
 * that lets open connections pass. What came of it, as half a sentence; never throws.
 */
export async function cut(ip: Ip, ask: Ask): Promise<string> {
  // The sockets first: an answer of theirs would begin a connection of this host's own.
  const killed = await tried(async () => {
    await ask(must(kill(ip), 'killed'));
    // A kernel that cannot do it says nothing.
    return !(await ask(open(ip)));
  });
  const forgot = await tried(() => ask(forgotten(ip)));
  if (!killed) return 'but connections that were open may go on: ss could not cut them';
  return forgot
    ? 'and what it had open is cut'
    : 'and its TCP connections are cut, but UDP that was open may go on: that takes conntrack';
}

const tried = (work: () => Promise<boolean>): Promise<boolean> => work().catch(() => false);
