import { InvalidArgumentError } from 'commander';
import { programFile } from '../lib/node/called.ts';
import { machine, say } from '../lib/node/machine.ts';
import { BSD_LIKE, ON_WINDOWS } from '../lib/node/system.ts';
import { ActionError } from '../lib/outcome.ts';
import { oneLine } from '../lib/text.ts';
import type { Adoption, Prospect } from './install/adopt.ts';
import { carryOut, plan, type Work } from './install/carry-out.ts';
import type { Choice, Plan } from './install/plan.ts';
import { KEEPER, type Platform, platformHere } from './install/platform.ts';
import { type Site, siteAt } from './install/site.ts';
import { type AtHome, atHome, subcommand } from './subcommand.ts';

interface Options extends AtHome {
  readonly only?: readonly string[];
  readonly all?: true;
  readonly timer?: true;
  readonly adopt?: true;
  readonly dryRun?: true;
}

/** `riposte install`: this program into an agent's home, under the names that the agent calls. */
export const installCommand = subcommand<Options>(
  'install',
  'Puts the programs into an agent’s home and keeps what they replace.',
  (command) => {
    const shaped = atHome(command)
      .option('--only <names>', 'these programs only, with commas between', list)
      .option('--all', 'all programs again, after --only');
    // Elsewhere a person sets it up, and is told how.
    if (!BSD_LIKE) {
      shaped.option('--timer', `let ${KEEPER} call riposte sweep every five minutes`);
    }
    // On other systems the agent's own deletes lift what the former programs blocked, or nothing does.
    if (!ON_WINDOWS && !BSD_LIKE)
      shaped.option('--adopt', 'take over the live blocks of the programs that are replaced');
    return shaped
      .option('--dry-run', 'say what would be done and change nothing')
      .addHelpText('after', EXAMPLES);
  },
  async ({ options, collection }) => {
    const platform = platformHere();
    const choice = chosen(options);
    const site = siteAt(options.home);
    const work = {
      program: programFile(),
      collection,
      choice,
      site,
      platform,
      host: machine('riposte', site.home),
    };
    if (options.timer) demandTimer(site, platform);
    const heritage = options.adopt ? platform.heritage : undefined;
    // Of names that are ours already the blocks are ours too.
    const found = async ({ replaced, added }: Plan) =>
      (await heritage?.prospect([...replaced, ...added], site, collection, work.host)) ?? NOTHING;
    const why = platform.powerless();
    if (why !== undefined) throw new ActionError('refused', why);
    if (options.dryRun) {
      const meant = await plan(work);
      say(1, intention(meant, work, options.timer === true, await found(meant)));
      return 0;
    }
    // What cannot be looked at is told before anything is changed; the agent may go on meanwhile.
    if (heritage) await found(await plan(work));
    const done = await carryOut(work);
    if (options.timer) await platform.timer.set(site.home, work.host);
    const adoption = (await heritage?.adopt(await found(done), work.host)) ?? NONE;
    say(1, report(done, work, options.timer === true, adoption));
    return 0;
  },
);

const NOTHING: Prospect = { calls: [], left: [] };
const NONE: Adoption = { adopted: [], left: [] };

const [HOME, SOME] = ON_WINDOWS
  ? ['D:\\ossec-agent', 'netsh,block-ip']
  : ['/opt/agent', 'firewall-drop,host-deny'];

const EXAMPLES = `
Examples:
  riposte install --dry-run
  riposte install${BSD_LIKE ? '' : ' --timer'}
  riposte install --home ${HOME} --only ${SOME}

Installing again upgrades, or goes on after a run that died. riposte uninstall goes back.`;

function list(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError(`Say names with commas between, like ${SOME}.`);
}

function chosen({ only, all }: Options): Choice {
  if (only && all) throw new ActionError('usage', 'say --only or --all, not both');
  return all ? 'all' : only;
}

function demandTimer({ home }: Site, { timer }: Platform): void {
  const why = timer.obstacle(home);
  if (why !== undefined) throw new ActionError('refused', `no timer: ${why}`);
}

const row = (word: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`  ${word.padEnd(11)} ${names.join(', ')}`];

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const WRAPPED = 'kept as it is, a wrapper of riposte shim:';

function intention(
  plan: Plan,
  { site, collection, platform, program }: Work,
  timer: boolean,
  { calls, left }: Prospect,
): string {
  return [
    `Nothing is changed. Riposte ${collection.version} (${program}) would be tried out in ${site.bin}, then:`,
    ...row('replace', plan.replaced),
    ...row('add', plan.added),
    ...row('renew', plan.renewed),
    ...row('give back', plan.returned),
    ...row('leave', plan.wrapped),
    ...row('write', timer ? platform.timer.parts() : []),
    ...calls.map(({ program, target }) => `  take over   ${oneLine(`${program} ${target}`)}`),
    ...left.map((text) => `  leave       ${oneLine(text)}`),
  ].join('\n');
}

function report(
  plan: Plan,
  { site, collection, platform }: Work,
  timer: boolean,
  { adopted, left }: Adoption,
): string {
  const parts = platform.timer.parts();
  return [
    `Riposte ${collection.version} is in ${site.bin} under ${plan.wanted.length} names, and runs by each.`,
    ...row('replaced', plan.replaced),
    ...row('added', plan.added),
    ...row('renewed', plan.renewed),
    ...row('given back', plan.returned),
    ...plan.wrapped.map((name) => `  ${WRAPPED} ${name}`),
    ...row('written', timer ? parts : []),
    ...adopted.map((text) => `  taken over  ${text}`),
    ...left.map((text) => `  left        ${oneLine(text)}`),
    'What was replaced is kept; riposte uninstall brings it back.',
    'The agent’s configuration was not touched: what called these names still does. A name that is new to',
    'it, like block-ip, wants a <command> and an <active-response> in the manager’s ossec.conf.',
    ...(platform.timer.byHand ? [sentence(platform.timer.byHand(site.home))] : []),
    ...(!timer && parts.length > 0
      ? [
          'riposte install --timer lets riposte sweep be called every five minutes, as it should be.',
        ]
      : []),
  ].join('\n');
}
