import { Argument, type Command } from 'commander';
import { parseIp } from '../lib/fields.ts';
import type { Host } from '../lib/host.ts';
import { lifelineOf } from '../lib/lifelines/addresses.ts';
import { lifelinesOf, protection } from '../lib/neverblock.ts';
import { ON_WINDOWS } from '../lib/node/system.ts';
import { ActionError, exitCode } from '../lib/outcome.ts';
import { policyOf } from '../lib/policy.ts';
import { STATE } from '../lib/ports.ts';
import { SETTINGS } from '../lib/settings.ts';
import { oneLine } from '../lib/text.ts';
import { print } from './print.ts';
import { type Entry, edited, entryOf, userOf } from './protect-edit.ts';
import { rowsOf, tableOf } from './protected-list.ts';
import { type AtHome, atHome, hostOf, subcommand } from './subcommand.ts';

interface Options extends AtHome {
  readonly user?: readonly string[];
  readonly json?: boolean;
}

const VERBS = ['list', 'check', 'add', 'remove'] as const;

// Nobody is called root on Windows.
const [OWN, LIST] = ON_WINDOWS
  ? ['this host’s own', "this host's list"]
  : ['root’s own', "root's list"];

const EXAMPLES = `
list    what is never touched on this host, and why
check   whether one address would be blocked
add     put addresses, networks, names of hosts or accounts on ${LIST}
remove  take them off it

Examples:
  riposte protect list
  riposte protect check 192.0.2.1
  riposte protect add 192.0.2.0/24 office.example --user deploy
  riposte protect remove 192.0.2.0/24`;

const shape = (command: Command): Command =>
  atHome(command)
    .addArgument(new Argument('<verb>', 'what to do').choices(VERBS))
    .argument('[targets...]', 'addresses, networks as ADDRESS/BITS, names of hosts')
    .option('--user <name...>', 'accounts, beside or in the place of targets')
    .option('--json', 'with list: as JSON')
    .addHelpText('after', EXAMPLES);

/** `riposte protect`: what is never touched, and root's own list of it. */
export const protectCommand = subcommand<Options>(
  'protect',
  `Says what is never blocked here, and edits ${OWN} list of it.`,
  shape,
  async ({ args: [verb, ...targets], options }) => {
    const host = hostOf(options);
    const users = options.user ?? [];
    if (verb === 'list') return list(host, options);
    if (verb === 'check') return check(targets, host);
    const entries = [...targets.map(entryOf), ...users.map(userOf)];
    if (entries.length === 0) {
      throw new ActionError('usage', 'say an address, a network, a name of a host, or --user NAME');
    }
    return edit(verb === 'add' ? 'add' : 'remove', entries, host);
  },
);

async function list(host: Host, { json }: Options): Promise<number> {
  const rows = await rowsOf(await policyOf(host), host);
  print(json ? JSON.stringify(rows, undefined, 2) : tableOf(rows));
  return 0;
}

async function check(targets: readonly string[], host: Host): Promise<number> {
  const [text] = targets;
  if (text === undefined || targets.length > 1) {
    throw new ActionError('usage', 'say one address to be checked');
  }
  const ip = parseIp(text);
  const policy = await policyOf(host);
  const found = lifelineOf(await lifelinesOf(policy, host), ip.text);
  const why = protection('srcip', ip) ?? (found && `${ip.text} ${found.why}`);
  print(oneLine(why === undefined ? `${ip.text} may be blocked.` : `${why}; it is never touched.`));
  return why === undefined ? 0 : exitCode('refused');
}

async function edit(
  verb: 'add' | 'remove',
  entries: readonly Entry[],
  host: Host,
): Promise<number> {
  const { files, lock, log } = host;
  const changed = await lock.with('settings', async () => {
    const result = edited(await files.readOwn(SETTINGS, 1 << 20), verb, entries);
    if (result.changed.length > 0) {
      await files.ensurePrivate(STATE);
      await files.replace(SETTINGS, result.text);
    }
    return result.changed;
  });
  for (const entry of entries) print(sentence(verb, entry, changed.includes(entry)));
  for (const { text } of changed) await log.say(`protect ${verb} ${text} (by hand)`);
  return verb === 'add' ? resolved(entries, host) : stillThere(entries, host);
}

const sentence = (verb: 'add' | 'remove', { text }: Entry, changed: boolean): string => {
  if (verb === 'add') return changed ? `${text} is protected now.` : `${text} was there already.`;
  return changed ? `${text} is off ${LIST}.` : `${text} was not on ${LIST}.`;
};

/** A person can wait for an answer, so that names protect something at once. */
async function resolved(entries: readonly Entry[], host: Host): Promise<number> {
  const names = entries.filter(({ list }) => list === 'names').map(({ text }) => text);
  if (names.length === 0) return 0;
  await lifelinesOf(await policyOf(host), host);
  await host.names.refresh();
  for (const [name, seen] of await host.names.known(names)) {
    const addresses = seen.map(({ address }) => address).join(', ');
    print(addresses === '' ? `${name} has no address that is known yet.` : `${name}: ${addresses}`);
  }
  return 0;
}

/** What the fleet protects goes on to be protected until root says otherwise. */
async function stillThere(entries: readonly Entry[], host: Host): Promise<number> {
  const { addresses, names, users } = await policyOf(host);
  const others = new Set([...[...addresses, ...names].map(({ network }) => network), ...users]);
  const fleet = entries.filter(({ text }) => others.has(text));
  for (const { text } of fleet) {
    print(`The fleet's list has ${text} too; to do without that here name it in protect.not.`);
  }
  return 0;
}
