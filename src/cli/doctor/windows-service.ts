import { asking } from '../../lib/asking.ts';
import { asActionError } from '../../lib/outcome.ts';
import { serviceOf } from '../../lib/restart/windows/service.ts';
import { STATE_OF, stateOf } from '../../lib/windows/service.ts';
import { type Check, type Finding, good, halves, warning } from './finding.ts';
import { PATIENCE } from './scene.ts';

/** Whether the agent's service runs; `state` is Windows' number for it. */
export function judgeService(name: string, state: number): Finding {
  if (state === STATE_OF.running) return good(`the service ${name} runs`);
  const text = `the service ${name} does not run (state ${state}): nothing calls the programs`;
  return warning(text, `sc start ${name}`);
}

/** The agent's service. */
export const windowsServiceCheck: Check = {
  name: 'service',
  title: 'Service of the agent',
  async run({ home, host }) {
    if (home === undefined) return [];
    const ask = asking(host, PATIENCE);
    try {
      const name = await serviceOf(host, ask);
      return [judgeService(name, await ask(stateOf(name)))];
    } catch (thrown) {
      const { what, fix } = halves(asActionError(thrown).message);
      return [warning(what, fix ?? 'look whether the agent is installed as a service')];
    }
  },
};
