import type { Step } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';

/** What can be restarted. */
export type Kind = 'agent' | 'manager';

/** What is installed in an agent's home. */
export interface Product {
  readonly kind: Kind;
  /** The script that starts and stops all of it. */
  readonly control: string;
  /** The program that all the others are there for. */
  readonly core: string;
}

/** Of each program the name that Wazuh gives it, and the one that OSSEC does, and Wazuh up to 4.1. */
const named = (part: string): readonly [string, string] => [`wazuh-${part}`, `ossec-${part}`];

/** Those that read the configuration with `-t` and say whether they would start with it. */
export const TESTERS: readonly (readonly [wazuh: string, ossec: string])[] = [
  ...['execd', 'agentd', 'syscheckd', 'logcollector', 'modulesd', 'monitord', 'analysisd'].map(
    named,
  ),
  // The rules and the decoders of a manager. The newer `wazuh-logtest` is another program.
  ['wazuh-logtest-legacy', 'ossec-logtest'],
];

/** The first of some names that is installed. */
export const firstOf = async (
  names: readonly string[],
  { installation }: Host,
): Promise<string | undefined> => (await installation.among(names))[0];

/** What lives in the agent's home; throws `missing-tool` where that is nothing we know. */
export async function productOf(host: Host): Promise<Product> {
  const control = await firstOf(named('control'), host);
  const analysis = await firstOf(named('analysisd'), host);
  const core = analysis ?? (await firstOf(named('agentd'), host));
  if (control === undefined || core === undefined) {
    const text = `${host.home}/bin has no wazuh-control or ossec-control with its programs`;
    throw new ActionError('missing-tool', `${text}: nothing is installed here that could restart`);
  }
  return { kind: analysis === undefined ? 'agent' : 'manager', control, core };
}

/** Throws `no-effect` where something else is installed than was meant. */
export const isKind = (wanted: string | undefined): Step<'good'> => ({
  spelled: `# what is installed here is ${wanted ? `a${wanted === 'agent' ? 'n' : ''} ${wanted}` : 'an agent or a manager'}`,
  act: async (host) => {
    const { kind } = await productOf(host);
    if (wanted === undefined || wanted === kind) return 'good';
    throw new ActionError('no-effect', `what is installed here is no ${wanted}`);
  },
});
