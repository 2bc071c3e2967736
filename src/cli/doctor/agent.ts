import { isDeed, type Response } from '../../lib/action.ts';
import { expiryOf } from '../../lib/expiry.ts';
import type { Layout } from '../../lib/layout.ts';
import { BIN } from '../../lib/node/home.ts';
import { PROGRAM_FILES } from '../../lib/node/program-file.ts';
import { sections, withoutComments } from '../../lib/ossec-conf.ts';
import type { Ar } from './ar-conf.ts';
import { bad, type Check, type Finding, good, listed, warning } from './finding.ts';
import { filesOf, type Scene } from './scene.ts';
import { namesIn } from './seen.ts';
import { SYSTEM, type System } from './system.ts';

/** What the agent is configured to call, against what is there. */
export interface AgentFacts {
  readonly layout: Layout;
  /** The lines of ar.conf; nothing where it cannot be read. */
  readonly arConf: readonly Ar[] | undefined;
  /** Executables of `<command>` in ossec.conf, which a manager has. */
  readonly commands: readonly string[];
  /** Whether ossec.conf can be read. */
  readonly readable: boolean;
  readonly disabled: boolean;
  /** Whether the ladder for repeated offenders can be read for certain. */
  readonly ladder: boolean;
  /** Names in the agent's folder of programs. */
  readonly there: ReadonlySet<string>;
  /** Names of ours that hold until they are undone, and those of what is done once. */
  readonly lasting: ReadonlySet<string>;
  readonly once: ReadonlySet<string>;
}

// Every manager writes these lines, whatever its agents have.
const ALWAYS: ReadonlySet<string> = new Set(['restart-ossec0', 'restart-wazuh0']);

/** Whether the agent calls what is installed, and for how long. */
export function judgeAgent(facts: AgentFacts, system: System = SYSTEM): Finding[] {
  const { arConf, disabled, ladder, readable } = facts;
  const { ossecConf } = facts.layout;
  const found: Finding[] = [];
  if (disabled) {
    const text = `${ossecConf} turns active response off: the agent calls nothing`;
    found.push(
      bad(text, 'say <disabled>no</disabled> in <active-response>, and restart the agent'),
    );
  }
  if (!readable) {
    const text = `${ossecConf} cannot be read: no block ends by itself, should the agent die`;
    found.push(warning(text, `${system.elevate}; it must be a plain file with one link`));
  } else if (!ladder) {
    const text = `<repeated_offenders> in ${ossecConf} cannot be read for certain: no block ends by itself, should the agent die`;
    found.push(warning(text, 'write it as minutes with commas between them: 30,60,120'));
  }
  if (arConf === undefined) {
    const text = `there is no ${facts.layout.arConf} that can be read: only an agent of Wazuh 5 calls without it`;
    found.push(warning(text, 'look whether the agent is connected to its manager'));
  }
  const lines = (arConf ?? []).filter(({ executable }) => !system.isForeign(executable));
  return [
    ...found,
    ...judgeMissing(lines, facts, system),
    ...judgeTimeouts(lines, facts),
    ...judgeUse(lines, facts),
  ];
}

/** Of several executables of one name the agent takes the first that is there. */
function judgeMissing(
  lines: readonly Ar[],
  { there, commands, layout }: AgentFacts,
  { isForeign }: System,
): Finding[] {
  const byName = Map.groupBy(lines, ({ name }) => (ALWAYS.has(name) ? 'a restart' : name));
  const missing = [...byName].flatMap(([name, all]) => {
    if (all.some(({ executable }) => there.has(executable))) return [];
    const executables = [...new Set(all.map(({ executable }) => executable))];
    const text = `${name} of ${layout.arConf} calls ${executables.join(' or ')}, which is not in ${BIN}`;
    const fix = 'install it, or correct <executable> on the manager';
    return [name === 'a restart' ? warning(text, fix) : bad(text, fix, executables[0])];
  });
  const told = new Set(lines.map(({ executable }) => executable));
  const others = commands.filter(
    (executable) => !told.has(executable) && !there.has(executable) && !isForeign(executable),
  );
  return [
    ...missing,
    ...others.map((executable) =>
      warning(
        `a <command> of ${layout.ossecConf} calls ${executable}, which is not in ${BIN} here`,
        'install it, unless only agents run it',
        executable,
      ),
    ),
  ];
}

function judgeTimeouts(lines: readonly Ar[], { lasting, layout }: AgentFacts): Finding[] {
  const blocks = lines.filter(({ executable }) => lasting.has(executable));
  return blocks.flatMap(({ name, executable, timeout }) => {
    if (timeout > 0) return [];
    const lift = `undo it by hand: ${executable} delete …`;
    if (timeout === 0) {
      const text = `${name} has no timeout: what ${executable} does stays until a person undoes it, whoever else calls it with one`;
      return [
        warning(text, `set <timeout> and <timeout_allowed> on the manager, or ${lift}`, executable),
      ];
    }
    const text = `${name}: its timeout in ${layout.arConf} is no number of seconds`;
    return [warning(text, 'correct <timeout> on the manager', executable)];
  });
}

function judgeUse(
  lines: readonly Ar[],
  { there, lasting, once, arConf, commands }: AgentFacts,
): Finding[] {
  if (arConf === undefined) return [];
  const isOurs = (name: string) => lasting.has(name) || once.has(name);
  const called = new Set([...lines.map(({ executable }) => executable), ...commands]);
  const ours = [...called].filter((name) => isOurs(name) && there.has(name));
  const theirs = [...called].filter((name) => !isOurs(name) && there.has(name));
  const idle = [...lasting, ...once].filter((name) => there.has(name) && !called.has(name));
  return [
    ...(ours.length > 0 ? [good(`the agent calls ${listed(ours)}`)] : []),
    ...(theirs.length > 0
      ? [good(`it also calls ${listed(theirs)}, which Riposte has no part in`)]
      : []),
    ...(idle.length > 0 ? [good(`nothing calls ${listed(idle)}`)] : []),
  ];
}

async function factsOf(scene: Scene): Promise<AgentFacts | undefined> {
  const { home, arConf, ossecConf, actions } = scene;
  if (home === undefined) return undefined;
  const plain = withoutComments(ossecConf ?? '');
  const names = (wanted: (action: Response) => boolean) =>
    new Set(actions.filter(wanted).flatMap(filesOf));
  return {
    arConf,
    layout: scene.host.layout,
    commands: commandsIn(plain).map(PROGRAM_FILES.spelled),
    readable: ossecConf !== undefined,
    disabled: isDisabled(plain),
    ladder: await ladderIsClear(ossecConf ?? ''),
    there: new Set(namesIn(`${home}/${BIN}`).map(PROGRAM_FILES.spelled)),
    lasting: names((action) => !isDeed(action)),
    once: names(isDeed),
  };
}

/** What the `<command>` blocks of a manager call. */
export const commandsIn = (ossecConf: string): readonly string[] => [
  ...new Set(
    sections(ossecConf, 'command').flatMap((command) =>
      sections(command, 'executable').map((text) => text.trim()),
    ),
  ),
];

/** The first word on it counts, as for the agent. */
export function isDisabled(ossecConf: string): boolean {
  const [first] = sections(ossecConf, 'active-response').flatMap((one) =>
    sections(one, 'disabled'),
  );
  return first?.trim() === 'yes';
}

/** Whether the library can tell from it when a block may end by itself. */
async function ladderIsClear(ossecConf: string): Promise<boolean> {
  const schedule = { kind: 'stated', seconds: 1 } as const;
  return (await expiryOf({ schedule }, '', async () => ({ arConf: '', ossecConf }))) !== undefined;
}

/** The agent's configuration. */
export const agentCheck: Check = {
  name: 'agent',
  title: 'Configuration of the agent',
  async run(scene) {
    const facts = await factsOf(scene);
    return facts ? judgeAgent(facts) : [];
  },
};
