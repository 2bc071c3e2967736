import type { Circumstance } from '../action.ts';
import { type Ask, asking } from '../asking.ts';
import { type Backend, type Command, type Completed, spell, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError, Unfinished } from '../outcome.ts';
import { LIMIT } from '../ports.ts';
import { querying } from '../windows/registry.ts';
import {
  adding,
  deleting,
  firewallNow,
  isAbout,
  LOOKING,
  ruleName,
  rulesNow,
  whatever,
} from './netsh-rules.ts';
import { netshSurvey } from './netsh-survey.ts';
import { formerRules, othersRule } from './netsh-upstream.ts';
import { idleness, type Profile, upstreamSentence } from './windows-profiles.ts';
import { DIRECTIONS, type Direction, RULES, type Rule } from './windows-rules.ts';

// The firewall's service has the rule before it has written it down.
const LOOKS = 3;
const PAUSE = 200;

/**
 * Drops every packet from and to the address by two rules of the Windows Firewall. Their name is the
 * holder's and the address's own. The registry says what holds; no exit code does, and no text.
 */
export function netsh(ip: Ip, { holder }: Circumstance): Backend {
  const name = ruleName(holder, ip.text);
  const inForce = (rules: readonly Rule[], direction: Direction) =>
    rules.some(
      (rule) => rule.name === name && rule.direction === direction && isAbout(rule, ip.text),
    );
  const lacking = (rules: readonly Rule[]) =>
    DIRECTIONS.filter((direction) => !inForce(rules, direction));
  let idle: string | undefined;
  let seen: readonly Rule[] | undefined;

  // What one step has read last is of this moment to the next one, and to no other.
  const taken = () => {
    const rules = seen;
    seen = undefined;
    return rules;
  };

  const look = async (host: Host, timeout: number) => {
    const { profiles, rules } = await firewallNow(asking(host, timeout));
    seen = rules;
    idle = idleness(profiles);
    if (idle !== undefined) await host.log.say(upstreamSentence(profiles));
    refuseIdle(profiles);
    return 'present' as const;
  };

  const make = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    if (lacking(taken() ?? (await rulesNow(ask))).length === 0) return 'present';
    // Names need not be unique: of two runs at once each would add a pair of its own.
    return host.lock.with(name, async () => {
      const missing = lacking(await rulesNow(ask));
      if (missing.length === 0) return 'present';
      try {
        await addRules(missing, ask, host);
      } catch (thrown) {
        await giveUp(missing, asActionError(thrown), host);
      }
      return 'made';
    });
  };

  const addRules = async (directions: readonly Direction[], ask: Ask, host: Host) => {
    const answers: Answer[] = [];
    for (const direction of directions) {
      const command = adding(name, ip, direction);
      answers.push({ command, completed: await ask(whatever(command)) });
    }
    for (let look = 1; ; look += 1) {
      const rules = await rulesNow(ask);
      if (DIRECTIONS.every((direction) => inForce(rules, direction))) return;
      if (look === LOOKS) throw unseen(answers);
      await host.clock.sleep(PAUSE);
    }
  };

  // A half that was there before stays.
  const giveUp = async (made: readonly Direction[], error: ActionError, host: Host) => {
    const words = made.length === 1 ? [`dir=${made[0]}`] : [];
    try {
      const ours = (rule: Rule) =>
        rule.name === name && made.some((direction) => direction === rule.direction);
      await remove(deleting(name, ...words), ours, asking(host, LIMIT.undo));
    } catch (thrown) {
      const why = asActionError(thrown).message;
      const left = `the rules ${name} may still be there (${why})`;
      throw new Unfinished(error.kind, `${error.message}; ${left}`, { cause: error });
    }
    throw error;
  };

  return {
    name: 'netsh',
    tools: ['reg', 'netsh', 'sc'],
    longest: 0,
    record: true,
    persistent: true,
    survey: netshSurvey,
    caveat: () => idle && `but ${idle}`,
    leftovers: formerRules(ip, taken),
    foreign: [othersRule(ip)],
    effects: [
      {
        what: `rules ${name} of the Windows Firewall`,
        ground: {
          what: 'the Windows Firewall',
          see: { spelled: LOOKING.map(spell).join('\n'), act: look },
          ways: [],
        },
        make: {
          spelled: [
            ...DIRECTIONS.map((direction) => spell(adding(name, ip, direction))),
            spell(querying(RULES, '/s')),
          ].join('\n'),
          act: make,
        },
        undo: {
          spelled: spell(deleting(name)),
          act: async (host, timeout) => {
            const isMeant = (rule: Rule) => rule.name === name;
            const { answer, rules } = await remove(deleting(name), isMeant, asking(host, timeout));
            seen = rules;
            return answer;
          },
        },
      },
    ],
  };
}

/** A command and what it said. */
interface Answer {
  readonly command: Command;
  readonly completed: Completed;
}

function unseen(answers: readonly Answer[]): ActionError {
  const refused = answers.find(({ completed }) => completed.exitCode !== 0);
  if (refused) return unexpected(refused.command, refused.completed);
  const text = 'netsh answers 0, but the registry does not have the rules';
  return new ActionError('tool-failed', text);
}

/** Throws `no-effect` where no rule would do anything in any profile. */
function refuseIdle(profiles: readonly Profile[]): void {
  if (profiles.some(({ idle }) => idle === undefined)) return;
  const why = profiles.map(({ name, idle }) => `${name}: ${idle}`).join('; ');
  const text = `a rule of the Windows Firewall would do nothing here (${why})`;
  throw new ActionError('no-effect', `${text}; turn it on in one profile at least`);
}

/** Deletes rules and sees that they are gone; with the rules that are there then. */
async function remove(
  command: Command,
  isMeant: (rule: Rule) => boolean,
  ask: Ask,
): Promise<{ readonly answer: 'undone' | 'absent'; readonly rules: readonly Rule[] }> {
  const before = await rulesNow(ask);
  if (!before.some(isMeant)) return { answer: 'absent', rules: before };
  const completed = await ask(whatever(command));
  const rules = await rulesNow(ask);
  if (!rules.some(isMeant)) return { answer: 'undone', rules };
  if (completed.exitCode !== 0) throw unexpected(command, completed);
  const text = `${spell(command)} answers 0, but the registry still has the rules`;
  throw new ActionError('tool-failed', text);
}
