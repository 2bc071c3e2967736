import type { Question } from '../asking.ts';
import { type Command, type Completed, run, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import type { System } from '../system.ts';

/** The table in every anchor of ours. */
export const TABLE = 'riposte';

// These bytes were accepted by the real parsers; without its final newline some refuse a ruleset, and
// a list behind `persist` would empty the table.
const RULES = `table <${TABLE}> persist
block drop in quick from <${TABLE}> to any
block drop out quick from any to <${TABLE}>
`;

// What the main ruleset of macOS looks into, and nothing else.
const ON_MACOS = 'com.apple/riposte-';
const ELSEWHERE = 'riposte/';

const before = (system: System) => (system === 'macos' ? ON_MACOS : ELSEWHERE);

/** The anchor of a holder: nothing of any other's is in it. */
export const anchorOf = (system: System, holder: string): string => `${before(system)}${holder}`;

/** The anchor around those of all holders. */
const parentOf = (system: System): string => before(system).replace(/\/.*/, '');

/** What a main ruleset has where it looks into all of them. */
export const anchorLine = (system: System): string => `anchor "${parentOf(system)}/*"`;

const pfctl = (...args: string[]): Command => run('pfctl', ...args);

const inAnchor = (anchor: string, ...args: string[]): Command => pfctl('-a', anchor, ...args);

// A kernel that pf is not loaded into has nothing of ours.
const isMissing = (completed: Completed) => says(completed, '/dev/pf: No such file');

/** Whether pf is enabled, and there at all. */
export const enabled: Question<boolean> = {
  command: pfctl('-s', 'info'),
  read: (completed) => {
    if (isMissing(completed)) return false;
    if (completed.exitCode !== 0) throw unexpected(enabled.command, completed);
    return /^Status: Enabled\b/m.test(completed.stdout);
  },
};

/** The rules of the main ruleset. */
export const mainRules: Question<readonly string[]> = {
  command: pfctl('-s', 'rules'),
  read: (completed) => {
    if (completed.exitCode !== 0) throw unexpected(mainRules.command, completed);
    return completed.stdout.split('\n');
  },
};

/** Whether rules look into an anchor, whatever a packet is like. */
export function looksInto(rules: readonly string[], system: System, anchor: string): boolean {
  const names = [`${parentOf(system)}/*`, anchor];
  return rules.some((rule) =>
    names.some((name) => [`anchor "${name}"`, `anchor "${name}" all`].includes(rule.trim())),
  );
}

// An anchor that nothing is in is none.
const isNone = (completed: Completed) =>
  isMissing(completed) ||
  /does not exist|not found|DIOCGETRULES: Invalid argument/.test(completed.stderr);

/** Whether both rules are in an anchor. */
export function complete(anchor: string): Question<boolean> {
  const command = inAnchor(anchor, '-s', 'rules');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0 && !isNone(completed)) throw unexpected(command, completed);
      const rules = completed.stdout.split('\n');
      return blocksBoth(rules, TABLE);
    },
  };
}

const blocksBoth = (rules: readonly string[], table: string): boolean =>
  blocks(rules, `in quick from <${table}> to any`) &&
  blocks(rules, `out quick from any to <${table}>`);

const blocks = (rules: readonly string[], what: string) =>
  rules.some((rule) => [`block drop ${what}`, `block ${what}`].includes(rule.trim()));

/** Puts the rules into an anchor; what its table holds stays. */
export const loading = (anchor: string): Command => ({
  ...inAnchor(anchor, '-f', '-'),
  stdin: RULES,
});

/** The same three, of a table in an anchor or in the main ruleset. */
const ofTable = (anchor: string | undefined, table: string, verb: string, { text }: Ip): Command =>
  pfctl(...(anchor === undefined ? [] : ['-a', anchor]), '-t', table, '-T', verb, text);

/** Adds an address to a table. */
export const adding = (ip: Ip, table = TABLE, anchor?: string): Command =>
  ofTable(anchor, table, 'add', ip);

/** Deletes an address from a table. */
export const deleting = (ip: Ip, table = TABLE, anchor?: string): Command =>
  ofTable(anchor, table, 'delete', ip);

/** Whether an address is in a table; nothing where there is no such table. */
export function member(ip: Ip, table = TABLE, anchor?: string): Question<boolean | undefined> {
  const command = ofTable(anchor, table, 'test', ip);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return true;
      if (completed.exitCode === 2) return false;
      if (isNone(completed)) return undefined;
      throw unexpected(command, completed);
    },
  };
}

/** An add that was accepted. */
export function added(command: Command): Question<'made'> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'made';
      if (says(completed, 'Cannot allocate memory')) {
        const text = 'pf has no room for another address; raise it with "set limit table-entries"';
        throw new ActionError('full', text);
      }
      throw unexpected(command, completed);
    },
  };
}

/** A delete that was accepted, or that found no table. */
export function deleted(command: Command): Question<'undone'> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0 || isNone(completed)) return 'undone';
      throw unexpected(command, completed);
    },
  };
}

/** Ends what the address has open, first what it began and then what was begun towards it. */
export const killing = ({ text, family }: Ip): readonly Command[] => [
  pfctl('-k', text),
  pfctl('-k', family === 6 ? '::/0' : '0.0.0.0/0', '-k', text),
];

/** Every anchor of ours that there is. */
export function ownAnchors(system: System): Question<readonly string[]> {
  const parent = parentOf(system);
  const command = inAnchor(parent, '-s', 'Anchors');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0 && !isNone(completed)) throw unexpected(command, completed);
      const paths = completed.stdout.split('\n').map((line) => line.trim());
      return paths.filter((path) => holderIn(system, path) !== undefined);
    },
  };
}

/** Whose anchor it is; nothing where it is none of ours. */
export function holderIn(system: System, path: string): string | undefined {
  const start = before(system);
  const holder = path.startsWith(start) ? path.slice(start.length) : '';
  return /^[a-z][a-z0-9._-]*$/.test(holder) ? holder : undefined;
}

/** The addresses in an anchor's table, as they are printed. */
export function members(anchor: string): Question<readonly string[]> {
  const command = inAnchor(anchor, '-t', TABLE, '-T', 'show');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0 && !isNone(completed)) throw unexpected(command, completed);
      return completed.stdout.split('\n').flatMap((line) => line.trim() || []);
    },
  };
}

/** Whether an anchor's table is seen to hold nothing, however much it could hold. */
export function isEmpty(anchor: string): Question<boolean> {
  const command = inAnchor(anchor, '-vv', '-s', 'Tables');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0) return isNone(completed);
      const counts = [...completed.stdout.matchAll(/^\s+Addresses:\s+(\d+)$/gm)];
      const tables = completed.stdout.trim() !== '';
      return tables ? counts.length > 0 && counts.every(([, count]) => count === '0') : true;
    },
  };
}

/** Takes an anchor away, with all that is in it. */
export const clearing = (anchor: string): readonly Command[] => [
  inAnchor(anchor, '-F', 'rules'),
  inAnchor(anchor, '-F', 'Tables'),
];
