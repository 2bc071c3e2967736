import { machine, say } from '../lib/node/machine.ts';
import { ActionError, exitCode } from '../lib/outcome.ts';
import { platformHere } from './install/platform.ts';
import { type Found, look, type Removal, type Removed, remove } from './install/remove.ts';
import { type Site, siteAt } from './install/site.ts';
import { type AtHome, atHome, subcommand } from './subcommand.ts';

interface Options extends AtHome {
  readonly keepBlocks?: true;
  readonly purge?: true;
  readonly dryRun?: true;
}

/** `riposte uninstall`: what was there before `riposte install`, and nothing else. */
export const uninstallCommand = subcommand<Options>(
  'uninstall',
  'Undoes every block and brings back what riposte install replaced.',
  (command) =>
    atHome(command)
      .option('--keep-blocks', 'leave the blocks, and what is on record of them')
      .option('--purge', 'also what is in quarantine, for good')
      .option('--dry-run', 'say what would be done and change nothing'),
  async ({ options, collection }) => {
    const platform = platformHere();
    const site = siteAt(options.home);
    const removal: Removal = {
      wish: { keepBlocks: options.keepBlocks === true, purge: options.purge === true },
      collection,
      site,
      platform,
      host: machine('riposte', site.home),
    };
    const why = platform.powerless();
    if (why !== undefined) throw new ActionError('refused', why);
    const found = await look(removal);
    if (!found.manifest && !found.timer && !found.state) {
      say(1, `Nothing of Riposte's is installed in ${site.home}.`);
      return 0;
    }
    if (options.dryRun) {
      say(1, intention(found, removal));
      return 0;
    }
    const removed = await remove(removal);
    say(1, report(removed, found, site));
    return exitCode(removed.names.lost.length > 0 ? 'partial' : 'removed');
  },
);

const row = (word: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [`  ${word.padEnd(11)} ${items.join(', ')}`];

function intention({ manifest, timer, state, quarantined }: Found, removal: Removal): string {
  const { wish, site } = removal;
  const names = Object.entries(manifest?.names ?? {});
  const those = (was: string) => names.filter(([, one]) => one.was === was).map(([name]) => name);
  const stays = quarantined > 0 && !wish.purge ? [`what is in quarantine (${quarantined})`] : [];
  return [
    'Nothing is changed. These would be done:',
    `  ${wish.keepBlocks ? 'blocks stay, with their records' : 'every block would be undone'}`,
    ...row('bring back', those('file')),
    ...row('remove', those('nothing')),
    ...row('remove', [...(timer ? ['the timer'] : []), ...(state ? [site.state] : [])]),
    ...row('keep', stays),
  ].join('\n');
}

function report(removed: Removed, { manifest, quarantined }: Found, site: Site): string {
  const { names, lifted, timers, wrappers, kept, busy } = removed;
  const blocks = lifted === 1 ? '1 block was undone' : `${lifted} blocks were undone`;
  return [
    wrappers.length > 0
      ? `Riposte is out of ${site.bin}, but for the program itself.`
      : `Riposte is out of ${site.home}.`,
    ...(lifted > 0 ? [`  ${blocks}`] : []),
    ...row('back', names.restored),
    ...row('removed', [...names.removed, ...timers]),
    ...(names.theirs.length > 0
      ? [`  another program took these meanwhile, and they are left: ${names.theirs.join(', ')}`]
      : []),
    ...(names.lost.length > 0
      ? [`  not in the backup any more, and so left as they are: ${names.lost.join(', ')}`]
      : []),
    ...(wrappers.length > 0 ? [needed(wrappers)] : []),
    ...busy.map((path) => `  ${path}: this still runs; it can be removed once it has ended`),
    ...(manifest ? [] : ['  riposte install did not put the programs there: they are left']),
    ...(kept.length > 0
      ? [`  kept in ${site.state}: ${kept.join(', ')}${fate(kept, quarantined)}`]
      : []),
  ].join('\n');
}

const needed = (wrappers: readonly string[]): string =>
  `  riposte stays, since wrappers run by it: ${wrappers.join(', ')}; remove these, then uninstall again`;

const fate = (kept: readonly string[], quarantined: number): string =>
  kept.includes('quarantine') && quarantined > 0
    ? ' (riposte undo ID puts a file back, from any copy of Riposte; --purge removes them for good)'
    : '';
