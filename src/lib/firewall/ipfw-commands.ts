import type { Question } from '../asking.ts';
import { type Command, type Completed, run, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';

// Before whatever an administrator's rules let pass; 1 is where upstream's rules are.
const NUMBER = 2;

const MARK = '// riposte';

/** The table of a holder: addresses of both IP versions are in it. */
export const tableOf = (holder: string): string => `riposte_${holder}`;

/** Whose table it is; nothing where it is none of ours. */
export const holderIn = (table: string): string | undefined =>
  /^riposte_([a-z][a-z0-9._-]*)$/.exec(table)?.[1];

/** What its pair of rules does. */
const rulesOf = (table: string): readonly string[] => [
  `deny ip from table(${table}) to any`,
  `deny ip from any to table(${table})`,
];

// Rules of upstream's are looked for by their text, which the tool prints in another way.
const quiet = (...args: string[]): Command => run('ipfw', '-q', ...args);

/** Whether rules are looked into at all, for an IP version. */
export function enabled({ family }: Pick<Ip, 'family'>): Question<boolean> {
  const name = family === 6 ? 'net.inet6.ip6.fw.enable' : 'net.inet.ip.fw.enable';
  const command = run('sysctl', '-n', name);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return completed.stdout.trim() !== '0';
      if (says(completed, 'unknown oid')) return false;
      throw unexpected(command, completed);
    },
  };
}

// A kernel that ipfw is not loaded into has nothing of ours.
const isMissing = (completed: Completed) => says(completed, 'Protocol not available');

/** One rule as it is printed. */
export interface Rule {
  readonly number: number;
  readonly text: string;
}

/** All rules that are looked into. */
export const listed: Question<readonly Rule[]> = {
  command: run('ipfw', 'list'),
  read: (completed) => {
    if (isMissing(completed)) return [];
    if (completed.exitCode !== 0) throw unexpected(listed.command, completed);
    return completed.stdout.split('\n').flatMap((line): readonly Rule[] => {
      const [, number, text = ''] = /^(\d+) (.*)$/.exec(line.trim()) ?? [];
      return number === undefined ? [] : [{ number: Number(number), text }];
    });
  },
};

/** Those of a table's rules that are not there: none is made twice. */
export const missing = (rules: readonly Rule[], table: string): readonly string[] =>
  rulesOf(table).filter((rule) => !rules.some((one) => isOurs(one) && bare(one.text) === rule));

const bare = (text: string) => text.replace(/\s*\/\/.*$/, '').trim();

/** Whether a rule has our mark. */
export const isOurs = ({ text }: Rule): boolean => text.trim().endsWith(MARK);

/** Adds a rule. */
export const addingRule = (rule: string): Command =>
  quiet('add', String(NUMBER), ...rule.split(' '), ...MARK.split(' '));

/** Makes a table; one that a rule looks into is there. */
export function creating(table: string): Question<'laid'> {
  const command = quiet('table', table, 'create', 'type', 'addr');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0 || says(completed, 'File exists')) return 'laid';
      throw unexpected(command, completed);
    },
  };
}

/** Whether an address is in a table; not, where there is no such table. */
export function member(table: string, { text }: Ip): Question<boolean> {
  const command = run('ipfw', 'table', table, 'lookup', text);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return true;
      if (completed.exitCode === 69 && says(completed, 'not found')) return false;
      if (isMissing(completed)) return false;
      throw unexpected(command, completed);
    },
  };
}

/** Adds an address to a table. */
export const adding = (table: string, { text }: Ip): Command => quiet('table', table, 'add', text);

/** Deletes an address from a table. */
export const deleting = (table: string, { text }: Ip): Command =>
  quiet('table', table, 'delete', text);

/** A change to a table: what it says of an entry that is there, or is not, depends on its version. */
export function changed(command: Command): Question<'changed'> {
  return {
    command,
    read: (completed) => {
      const known = ['record already exists', 'record not found', 'No such process'];
      if (completed.exitCode === 0 || known.some((text) => says(completed, text))) return 'changed';
      throw unexpected(command, completed);
    },
  };
}

/** Every table, with the addresses in it. */
export const tables: Question<ReadonlyMap<string, readonly string[]>> = {
  command: run('ipfw', 'table', 'all', 'list'),
  read: (completed) => {
    if (isMissing(completed)) return new Map();
    if (completed.exitCode !== 0) throw unexpected(tables.command, completed);
    const found = new Map<string, string[]>();
    let members: string[] = [];
    for (const line of completed.stdout.split('\n')) {
      const table = /^-+ table\((.+?)\), set\(\d+\) -+$/.exec(line.trim())?.[1];
      if (table !== undefined) {
        members = [];
        found.set(table, members);
      } else if (line.trim() !== '') members.push(line.trim().split(/\s/, 1)[0] ?? '');
    }
    return found;
  },
};

/** Deletes our rules, where they are alone at their number. */
export function deletingRules(rules: readonly Rule[]): Command | undefined {
  const here = rules.filter(({ number }) => number === NUMBER);
  if (!here.some(isOurs)) return undefined;
  const theirs = here.find((one) => !isOurs(one));
  if (theirs) {
    const text = `rule ${NUMBER} of ipfw is also "${theirs.text}", which is not ours: give that another number first`;
    throw new ActionError('tool-failed', text);
  }
  return quiet('delete', String(NUMBER));
}

/** Destroys a table that no rule looks into. */
export const destroying = (table: string): Command => quiet('table', table, 'destroy');
