import { afresh } from '../../lib/afresh.ts';
import type { Command } from '../../lib/effect.ts';
import { execute } from '../../lib/execute.ts';
import type { Host } from '../../lib/host.ts';
import { ActionError, asActionError, exitCode } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { LIMIT } from '../../lib/ports.ts';
import { changeText } from '../../lib/system-files.ts';
import { oneLine } from '../../lib/text.ts';
import { logOf, type OpenCall, openCalls } from './past.ts';
import type { Site } from './site.ts';

/** What became of the blocks of the programs that were replaced. */
export interface Adoption {
  /** Ours by now: the program and its target. */
  readonly adopted: readonly string[];
  /** What stays as the former programs made it, and why. */
  readonly left: readonly string[];
}

/** Takes away what a former program left for a target. */
type Remove = () => Promise<void>;

/** What the former program of an action leaves behind, by target; none of it has a mark. */
interface Remains {
  readonly action: string;
  readonly find: (host: Host) => Promise<ReadonlyMap<string, Remove>>;
}

const REMAINS: readonly Remains[] = [
  { action: 'firewall-drop', find: dropRules },
  { action: 'host-deny', find: denials },
];

/** The calls whose blocks could be taken over, with what is to go then, and those that could not. */
export interface Prospect {
  readonly calls: readonly (OpenCall & { readonly remove: Remove })[];
  readonly left: readonly string[];
}

/**
 * Looks for live blocks of former programs. Such a block has no mark, and an administrator may have
 * made the like: it counts only where the agent's log has the call for it and no delete since.
 */
export async function prospect(
  names: readonly string[],
  { home }: Site,
  collection: Collection,
  host: Host,
): Promise<Prospect> {
  const open = await openCalls(logOf(home), collection);
  const calls: (OpenCall & { readonly remove: Remove })[] = [];
  const left: string[] = [];
  const mine = open.filter(({ program }) => names.includes(program));
  for (const { action, find } of REMAINS) {
    const found = await find(host);
    for (const call of mine.filter((one) => one.action.name === action)) {
      const remove = found.get(call.target);
      if (remove) calls.push({ ...call, remove });
    }
  }
  const known = REMAINS.map(({ action }) => action);
  for (const { action, program, target } of mine.filter(
    (one) => !known.includes(one.action.name),
  )) {
    const text = `${program} ${target}: not looked for`;
    left.push(`${text}; ${action.name} delete says how to lift it, if it is there`);
  }
  return { calls, left };
}

/** Makes our own block first, for the holder that the agent's delete will name; the old one goes then. */
export async function adopt({ calls, left }: Prospect, host: Host): Promise<Adoption> {
  const adopted: string[] = [];
  const failed: string[] = [];
  for (const { action, program, target, request, remove } of calls) {
    const what = oneLine(`${program} ${target}`);
    const call = { request, program, holder: program };
    const { outcome, detail } = await execute(action, call, afresh(host));
    if (exitCode(outcome) !== 0) {
      failed.push(`${what}: ${outcome}, ${detail}`);
      continue;
    }
    try {
      await remove();
      adopted.push(what);
    } catch (thrown) {
      const why = asActionError(thrown).message;
      failed.push(`${what} is ours by now, but the former rule is there too: ${why}`);
    }
  }
  return { adopted, left: [...failed, ...left] };
}

const RULE = /^-A (INPUT|FORWARD|OSSEC) -s ([\da-f.:]+)\/(?:32|128) -j DROP$/;

async function dropRules(host: Host): Promise<ReadonlyMap<string, Remove>> {
  const found = new Map<string, Command[]>();
  for (const tool of ['iptables', 'ip6tables']) {
    if ((await host.runner.locate(tool)) === undefined) continue;
    const lines = (await ran({ tool, args: ['-w', '5', '-S'] }, host)).split('\n');
    for (const line of lines) {
      const [, chain, ip] = RULE.exec(line) ?? [];
      if (chain === undefined || ip === undefined) continue;
      const args = ['-w', '5', '-D', chain, '-s', ip, '-j', 'DROP'];
      found.set(ip, [...(found.get(ip) ?? []), { tool, args }]);
    }
  }
  return new Map(
    [...found].map(([ip, commands]) => [
      ip,
      async () => {
        for (const command of commands) await ran(command, host);
      },
    ]),
  );
}

async function ran(command: Command, { runner }: Host): Promise<string> {
  const { exitCode: code, stdout, stderr } = await runner.run(command, LIMIT.tool);
  if (code === 0) return stdout;
  const line = [command.tool, ...command.args].join(' ');
  throw new ActionError('tool-failed', `${line}: ${stderr.trim().split('\n')[0]}`);
}

const DENY = '/etc/hosts.deny';
// Without a blank: our own lines and most people's have one. The brackets are OSSEC's, for IPv6.
const DENIED = /^ALL:\[?([\da-f.:]+)\]?$/;

async function denials(host: Host): Promise<ReadonlyMap<string, Remove>> {
  const text = (await host.systemFiles.read(DENY)) ?? '';
  const found = new Map<string, Remove>();
  for (const line of text.split('\n')) {
    const [, ip] = DENIED.exec(line) ?? [];
    if (ip === undefined) continue;
    found.set(ip, async () => {
      await changeText(host.systemFiles, DENY, (now) => withoutDenial(now, ip), LIMIT.tool);
    });
  }
  return found;
}

/** Without the lines that upstream's programs write for an address; every other byte stays. */
function withoutDenial(text: string, ip: string): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.filter((line) => DENIED.exec(line.trimEnd())?.[1] !== ip).join('');
}
