import type { Question } from '../asking.ts';
import { type Backend, type Completed, run, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { type SharedTables, sharedTable } from './shared-table.ts';

// What upstream's program uses, what that of OSSEC does, and one for who has neither.
const NAMES = ['wazuh_blacklist', 'ossec_blacklist', 'riposte'];

const show = run('npfctl', 'show');

/** What is loaded: a table or a rule a line, among comments. */
const shown: Question<readonly string[]> = {
  command: show,
  read: (completed) => {
    if (isMissing(completed)) return [];
    if (completed.exitCode !== 0) throw unexpected(show, completed);
    return completed.stdout.split('\n');
  },
};

// A kernel that npf is not loaded into has nothing of ours.
const isMissing = (completed: Completed) => completed.exitCode === 1 && says(completed, '/dev/npf');

// It may stand in any line.
const isActive = (lines: readonly string[]) =>
  lines.some((line) => /^[#\s]*filtering:\s+active\b/.test(line));

function blocksBy(lines: readonly string[], table: string): boolean {
  const rules = lines.filter((line) => /^\s*block\b/.test(line));
  const has = (end: string) => rules.some((rule) => rule.includes(` ${end} <${table}>`));
  return has('from') && has('to');
}

const NEEDED = [
  'table <riposte> type ipset',
  'and, as the first rules of each group,',
  'block in final from <riposte>',
  'and',
  'block out final to <riposte>',
].join(' ');

const table = (name: string, verb: string, { text }: Ip) =>
  run('npfctl', 'table', name, verb, text);

const saysNo = (completed: Completed, words: string) =>
  completed.exitCode === 1 && says(completed, words);

const TABLES: SharedTables = {
  name: 'npf',
  tool: 'npfctl',
  names: NAMES,
  looking: show,
  inUse: async (ask) => {
    const lines = await ask(shown);
    if (!isActive(lines)) {
      return 'npf does not filter (npfctl show says so); start it with npfctl start, and at boot';
    }
    const used = NAMES.filter((name) => blocksBy(lines, name));
    if (used.length > 0) return used;
    return `npf blocks by no table of ours: /etc/npf.conf needs the line ${NEEDED}; load it with npfctl reload`;
  },
  test: (name, ip) => {
    const command = table(name, 'test', ip);
    return {
      command,
      read: (completed) => {
        if (completed.exitCode === 0) return true;
        if (saysNo(completed, 'not found')) return false;
        // Since the address is one, it is the table that there is not.
        if (saysNo(completed, 'invalid address, mask or table ID')) return undefined;
        if (isMissing(completed)) return undefined;
        throw unexpected(command, completed);
      },
    };
  },
  add: (name, ip) => {
    const command = table(name, 'add', ip);
    return {
      command,
      read: (completed) => {
        if (completed.exitCode === 0 || saysNo(completed, 'already exists')) return 'made';
        throw unexpected(command, completed);
      },
    };
  },
  remove: (name, ip) => {
    const command = table(name, 'rem', ip);
    return {
      command,
      read: (completed) => {
        if (completed.exitCode === 0 || saysNo(completed, 'not found')) return 'undone';
        throw unexpected(command, completed);
      },
    };
  },
};

/** Drops every packet from and to the address by a table that NetBSD's packet filter blocks by. */
export const npf = (ip: Ip): Backend => sharedTable(ip, TABLES);
