import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { cutting, disabled } from './pf.ts';
import { added, adding, deleted, deleting, enabled, mainRules, member } from './pf-commands.ts';
import { type SharedTables, sharedTable } from './shared-table.ts';

// What upstream's programs use, and what those of OSSEC do.
const NAMES = ['wazuh_fwtable', 'ossec_fwtable'];

// An administrator's own words: for some interfaces only, say, or without the other direction. Without
// `quick` any later rule that lets it pass would win.
const blocksBy = (rules: readonly string[], table: string) => {
  const rule = new RegExp(
    `^block (?:drop |return )?(?:in )?(?:log )?quick (?:on \\S+ )?from <${table}> to any\\b`,
  );
  return rules.some((line) => rule.test(line));
};

const TABLES: SharedTables = {
  name: 'pf-table',
  tool: 'pfctl',
  names: NAMES,
  inUse: async (ask) => {
    if (!(await ask(enabled))) return disabled().message;
    const rules = await ask(mainRules);
    const used = NAMES.filter((name) => blocksBy(rules, name));
    if (used.length > 0) return used;
    return `the main ruleset of pf blocks by no table that is called ${NAMES.join(' or ')}`;
  },
  looking: mainRules.command,
  test: (table, ip) => member(ip, table),
  add: (table, ip) => added(adding(ip, table)),
  remove: (table, ip) => deleted(deleting(ip, table)),
};

/**
 * Drops every packet from the address by a table of the main ruleset, for a host whose rules look into
 * no anchor of ours.
 */
export const pfTable = (ip: Ip): Backend => ({
  ...sharedTable(ip, TABLES),
  afterwards: cutting(ip),
});
