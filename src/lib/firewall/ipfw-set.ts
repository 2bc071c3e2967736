import type { Circumstance } from '../action.ts';
import { type Ask, asking, type Question } from '../asking.ts';
import {
  type Backend,
  type Effect,
  must,
  run,
  type Sighting,
  type Survey,
  spell,
  unexpected,
} from '../effect.ts';
import { addressIn, type Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import { unable } from '../unable.ts';

const SET = '2';
const DIRECTIONS = ['from', 'to'] as const;

type Direction = (typeof DIRECTIONS)[number];

/** One rule of the set that is ours. */
interface Rule {
  readonly number: string;
  readonly direction: Direction;
  readonly target: string;
  readonly holder: string;
  readonly off: boolean;
}

const RULE =
  /^(?<off># DISABLED )?(?<number>\d+)\s.*\bset 2 deny ip from (?<from>\S+) to (?<to>\S+) \/\/ riposte (?<holder>[a-z][a-z0-9._-]*)$/;

const shown: Question<readonly Rule[]> = {
  command: run('ipfw', '-S', 'show'),
  read: (completed) => {
    if (completed.exitCode !== 0) throw unexpected(shown.command, completed);
    return completed.stdout.split('\n').flatMap((line) => ruleIn(line) ?? []);
  },
};

function ruleIn(line: string): Rule | undefined {
  const {
    off,
    number = '',
    from = '',
    to = '',
    holder = '',
  } = RULE.exec(line.trim())?.groups ?? {};
  const direction = to === 'any' ? 'from' : 'to';
  const target = addressIn(direction === 'from' ? from : to);
  if (target === undefined || (direction === 'to' && from !== 'any')) return undefined;
  return { number, direction, target, holder, off: off !== undefined };
}

const adding = (direction: Direction, text: string, holder: string) =>
  run(
    'ipfw',
    ...['-q', 'add', 'set', SET, 'deny', 'ip'],
    ...(direction === 'from' ? ['from', text, 'to', 'any'] : ['from', 'any', 'to', text]),
    ...['//', 'riposte', holder],
  );

const enabling = run('ipfw', '-q', 'set', 'enable', SET);

const deleting = (number: string) => run('ipfw', '-q', 'delete', number);

const GONE = 'macOS has had no ipfw since 10.10: use pf, or firewall-drop';

async function demandTool({ runner }: Host): Promise<void> {
  if ((await runner.locate('ipfw')) === undefined) throw new ActionError('missing-tool', GONE);
}

/** Drops every packet from and to the address by two rules of set 2, as macOS could before 10.10. */
export function ipfwSet(ip: Ip, { holder, system }: Circumstance): Backend {
  if (system !== 'macos')
    return unable('ipfw-set', 'ipfw_mac is for macOS alone: use firewall-drop');
  if (ip.family === 6) {
    return unable('ipfw-set', 'the ipfw that macOS had knows no IPv6: use pf, or firewall-drop');
  }
  const ours = async (direction: Direction, ask: Ask) =>
    (await ask(shown)).filter(
      (rule) => rule.direction === direction && rule.target === ip.text && rule.holder === holder,
    );

  const one = (direction: Direction): Effect => ({
    what: `a rule of set ${SET} of ipfw ${direction} ${ip.text}`,
    ground: {
      what: `set ${SET} of ipfw`,
      see: {
        spelled: spell(shown.command),
        act: async (host, timeout) => {
          await demandTool(host);
          const rules = await ours(direction, asking(host, timeout));
          return rules.some(({ off }) => off) ? 'absent' : 'present';
        },
      },
      ways: [
        [
          {
            spelled: spell(enabling),
            act: (host, timeout) => asking(host, timeout)(must(enabling, 'laid')),
          },
        ],
      ],
    },
    see: {
      spelled: spell(shown.command),
      act: async (host, timeout) =>
        (await ours(direction, asking(host, timeout))).length > 0 ? 'present' : 'absent',
    },
    make: {
      spelled: [adding(direction, ip.text, holder), enabling].map(spell).join('\n'),
      act: async (host, timeout) => {
        const ask = asking(host, timeout);
        await ask(must(adding(direction, ip.text, holder), 'made'));
        await ask(must(enabling, 'made'));
        const rules = await ours(direction, ask);
        if (rules.length > 0 && rules.every(({ off }) => !off)) return 'made';
        throw new ActionError('tool-failed', `${spell(shown.command)} does not show the rule`);
      },
    },
    undo: {
      spelled: `${spell(deleting('N'))}  # as it is numbered there`,
      act: async (host, timeout) => {
        const ask = asking(host, timeout);
        const before = await ours(direction, ask);
        await remove(before, ask);
        if ((await ours(direction, ask)).length === 0)
          return before.length > 0 ? 'undone' : 'absent';
        throw new ActionError('tool-failed', `${spell(shown.command)} still shows the rule`);
      },
    },
  });

  return {
    name: 'ipfw-set',
    tools: ['ipfw'],
    longest: 0,
    record: true,
    lock: 'ipfw',
    survey: ipfwSetSurvey,
    effects: DIRECTIONS.map(one),
  };
}

async function remove(rules: readonly Rule[], ask: Ask): Promise<void> {
  for (const number of new Set(rules.map((rule) => rule.number))) {
    await ask(must(deleting(number), 'undone'));
  }
}

async function look(host: Host, timeout: number): Promise<readonly Sighting[]> {
  await demandTool(host);
  const rules = await asking(host, timeout)(shown);
  const places = new Map(rules.map((rule) => [`${rule.holder} ${rule.target}`, rule]));
  return [...places.values()].map(({ holder, target }) => {
    const its = rules.filter((rule) => rule.holder === holder && rule.target === target);
    const idle = its.length < 2 || its.some(({ off }) => off);
    return { backend: 'ipfw-set', holder, target, ...(idle && { idle }) };
  });
}

const ipfwSetSurvey: Survey = {
  name: 'ipfw-set',
  backends: ['ipfw-set'],
  look: () => ({ spelled: spell(shown.command), act: look }),
  raze: () => ({
    spelled: `${spell(deleting('N'))}  # for every rule of ours`,
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      await remove(await ask(shown), ask);
      return 'razed';
    },
  }),
};
