import { actionsOf } from '../lib/collection.ts';
import type { Host } from '../lib/host.ts';
import type { Actions, Holding } from '../lib/inventory.ts';
import { liftAll, liftOne } from '../lib/lift-all.ts';
import { ActionError } from '../lib/outcome.ts';
import { oneLine } from '../lib/text.ts';
import { holdingsOf } from './holdings.ts';
import { complain, print } from './print.ts';
import { type AtHome, atHome, hostOf, subcommand } from './subcommand.ts';
import { canonicalTarget } from './target.ts';

interface Options extends AtHome {
  readonly all?: true;
  readonly holder?: string;
}

/** `riposte undo`: lifts blocks, whoever made them, and brings files back out of quarantine. */
export const undoCommand = subcommand<Options>(
  'undo',
  'Lifts a block, or all of them, or brings a file back out of quarantine.',
  (command) =>
    atHome(command)
      .argument('[target...]', 'addresses, accounts, paths, or ids of files in quarantine')
      .option('--all', 'every block there is, and the tables that they stood on')
      .option('--holder <name>', 'only what this program holds; manual for people')
      .addHelpText(
        'after',
        `
A file goes back where it was: never over another one, and without the rights of setuid and setgid.
riposte list shows what is blocked; without a target this shows what is in quarantine.`,
      ),
  async ({ args, options, collection }) => {
    const host = hostOf(options);
    if (args.length > 0 && options.all) throw new ActionError('usage', 'say a target or --all');
    if (args.length === 0 && !options.all) return quarantined(host);
    const actions = await actionsOf(collection);
    if (options.all && options.holder === undefined) return everything(actions, host);
    const holdings = (await holdingsOf(actions, host)).filter(
      ({ holder }) => options.holder === undefined || holder === options.holder,
    );
    if (options.all) return lift(holdings, actions, host);
    let exit = 0;
    for (const target of args) {
      exit = Math.max(exit, await one(target, holdings, actions, host));
    }
    return exit;
  },
);

async function everything(actions: Actions, host: Host): Promise<number> {
  const { lifted, failures } = await liftAll(actions, host);
  for (const failure of failures) complain(oneLine(failure));
  const text = lifted === 1 ? '1 block is lifted' : `${lifted} blocks are lifted`;
  await host.log.say(`undo --all by hand: ${text}, ${failures.length} failed`);
  print(failures.length === 0 ? `${text}.` : `${text}, but for the above.`);
  return failures.length === 0 ? 0 : 7;
}

async function one(
  text: string,
  holdings: readonly Holding[],
  actions: Actions,
  host: Host,
): Promise<number> {
  const target = canonicalTarget(text);
  const found = holdings.filter((holding) => holding.target === target);
  if (found.length > 0) return lift(found, actions, host);
  if ((await kept(host)).some(({ id }) => id === text)) return restore(text, host);
  throw new ActionError('usage', `nothing is held of ${target}; riposte list shows what is`);
}

async function lift(holdings: readonly Holding[], actions: Actions, host: Host): Promise<number> {
  let exit = 0;
  for (const holding of holdings) {
    const failure = await liftOne(holding, actions, host);
    const whose = `${holding.backend}, of ${holding.holder}`;
    if (failure === undefined) print(oneLine(`${holding.target} is free (${whose}).`));
    else complain(oneLine(`${failure} (${whose})`));
    if (failure !== undefined) exit = 7;
  }
  if (holdings.length === 0) print('There is nothing to undo.');
  return exit;
}

/** Where there is no home there is no quarantine either. */
const kept = async ({ home, vault }: Host) =>
  home === undefined ? [] : vault.list((why) => complain(oneLine(why)));

async function quarantined(host: Host): Promise<number> {
  const files = await kept(host);
  for (const { id, at, size, sha256, path } of files) {
    print(oneLine([id, at, `${size}`, sha256, path].join('  ')));
  }
  if (files.length === 0) print('Nothing is in quarantine.');
  return 0;
}

async function restore(id: string, { vault, log }: Host): Promise<number> {
  const { path, caveat } = await vault.restore(id);
  const text = `${path} is back${caveat === undefined ? '' : `, ${caveat}`}`;
  await log.say(`${text} (${id}, by hand)`);
  print(oneLine(`${text}.`));
  return 0;
}
