import { isDeed, type Response } from '../../lib/action.ts';
import type { Backend } from '../../lib/effect.ts';
import { type ActionError, asActionError } from '../../lib/outcome.ts';
import { SETTINGS } from '../../lib/settings.ts';
import { bad, type Check, type Finding, good, halves, listed, warning } from './finding.ts';
import { refusal } from './questions.ts';
import { rehearse } from './rehearsal.ts';
import { filesOf, PATIENCE, type Scene } from './scene.ts';
import { SYSTEM } from './system.ts';
import { toolsOf } from './used-tools.ts';

/** One of the ways to do it, and what stands against it on this host. */
export interface WayFacts {
  readonly name: string;
  readonly obstacle: string | undefined;
}

/** What is known of one action. */
export interface ActionFacts {
  readonly name: string;
  readonly needs: string | undefined;
  /** Its ways by the kind of target, best first; no kind at all for what is done once. */
  readonly ways: Readonly<Record<string, readonly WayFacts[]>>;
  /** Why it cannot even be planned. */
  readonly failure: Pick<ActionError, 'kind' | 'message'> | undefined;
  /** What it lacks that no dry run looks for. */
  readonly lack: string | undefined;
  /** Whether what it lacks may come with the message. */
  readonly takesExtra: boolean;
  /** Names under which the agent calls it. */
  readonly called: readonly string[];
  /** Whether an operator asked for this one. */
  readonly named: boolean;
}

/** Whether an action would do what it is for. */
export function judgeAction(facts: ActionFacts): Finding[] {
  const { name, failure, ways } = facts;
  const trouble = facts.called.length > 0 || facts.named ? bad : warning;
  if (failure) return [unplanned(facts, failure, trouble)];
  if (facts.lack !== undefined) {
    const { what, fix } = halves(facts.lack);
    return [trouble(`not ready: ${what}`, fix ?? needed(facts), name)];
  }
  const kinds = Object.entries(ways);
  if (kinds.length === 0) return [good('ready: a dry run went as planned', name)];
  const able = kinds.filter(([, all]) => all.some(isUsable));
  if (able.length === 0) {
    const why = (kinds[0]?.[1] ?? []).map((way) => `${way.name}: ${way.obstacle}`);
    return [trouble(`not ready: ${why.join('; ')}`, needed(facts), name)];
  }
  const lacking = kinds.filter(([, all]) => !all.some(isUsable));
  return [
    good(ready(able[0]?.[1] ?? []), name),
    ...lacking.map(([kind, all]) => {
      const why = all.map((way) => `${way.name}: ${way.obstacle}`).join('; ');
      return trouble(`not ready for ${kind}: ${why}`, needed(facts), name);
    }),
  ];
}

const needed = ({ needs }: ActionFacts) => `it needs ${needs ?? 'what its page says'}`;

const isUsable = ({ obstacle }: WayFacts) => obstacle === undefined;

function ready(ways: readonly WayFacts[]): string {
  const [first, ...rest] = ways.filter(isUsable);
  const not = ways.filter((way) => !isUsable(way));
  return [
    `ready: ${first?.name ?? 'nothing is needed'}`,
    ...(rest.length > 0 ? [`if that fails ${rest.map(({ name }) => name).join(', ')}`] : []),
    ...(not.length > 0 ? [`not ${listed(not.map((way) => `${way.name} (${way.obstacle})`))}`] : []),
  ].join('; ');
}

function unplanned(
  facts: ActionFacts,
  { kind, message }: Pick<ActionError, 'kind' | 'message'>,
  trouble: typeof bad,
): Finding {
  const { name, takesExtra } = facts;
  const wanted = facts.called.length > 0 || facts.named;
  const { what, fix } = halves(message);
  if (takesExtra && kind === 'bad-request') {
    const text = `needs an argument or a setting: ${what}`;
    return wanted ? warning(text, fix, name) : good(text, name);
  }
  if (message.includes(SETTINGS) && kind !== 'refused') {
    return trouble(
      `not ready: ${SYSTEM.owners} settings cannot be used`,
      `see what is said of ${SETTINGS}`,
      name,
    );
  }
  // Nobody wants it before root says so.
  if (kind === 'refused' || kind === 'bad-settings') {
    const how = kind === 'refused' ? fix : 'see docs/settings.md';
    const finding = trouble(`not set up: ${what}`, how, name);
    return wanted ? finding : { ...finding, status: 'good' };
  }
  return trouble(`a dry run ended as ${kind}: ${what}`, fix, name);
}

async function factsOf(action: Response, scene: Scene): Promise<ActionFacts> {
  const rehearsal = await rehearse(action, scene);
  const ways: Record<string, readonly WayFacts[]> = {};
  if (!isDeed(action)) {
    for (const { kind, backends } of rehearsal.ways) {
      ways[kind] = await Promise.all(backends.map((backend) => wayFacts(backend, scene)));
    }
  }
  const executables = (scene.arConf ?? [])
    .map((ar) => ar.executable)
    .filter((executable) => !SYSTEM.isForeign(executable));
  return {
    name: action.name,
    needs: action.needs,
    ways,
    failure: rehearsal.failure,
    lack: await SYSTEM.lack(action, scene.host),
    takesExtra: action.takesExtra === true,
    called: filesOf(action).filter((name) => executables.includes(name)),
    named: scene.named,
  };
}

async function wayFacts(backend: Backend, scene: Scene): Promise<WayFacts> {
  return { name: backend.name, obstacle: await obstacleTo(backend, scene) };
}

async function obstacleTo(backend: Backend, scene: Scene): Promise<string | undefined> {
  const { host } = scene;
  const tools = toolsOf(backend);
  for (const tool of tools) {
    if ((await host.runner.locate(tool)) === undefined) return `${tool} is not installed`;
  }
  for (const { ground } of backend.effects) {
    // What cannot be laid must be there.
    if (ground?.see && ground.ways.length === 0 && 'act' in ground.see) {
      const why = await ground.see.act(host, PATIENCE).then(
        () => undefined,
        (thrown) => asActionError(thrown).message,
      );
      if (why !== undefined) return halves(why).what;
    }
  }
  for (const tool of tools) {
    const why = await refusal(tool, scene);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Each action, as it would run now. */
export const actionsCheck: Check = {
  name: 'actions',
  title: 'Actions',
  async run(scene) {
    const facts = await Promise.all(scene.chosen.map((action) => factsOf(action, scene)));
    const found = facts.flatMap(judgeAction);
    // An agent of Wazuh 5 has no list of what it calls.
    const unknown = scene.arConf === undefined && !scene.named;
    const nothing = unknown && !facts.some((one) => isReady(one));
    const text = 'not one action that blocks is ready';
    return nothing ? [...found, bad(text, SYSTEM.noWay)] : found;
  },
};

const isReady = ({ ways, failure }: ActionFacts): boolean =>
  failure === undefined && Object.values(ways).some((all) => all.some(isUsable));
