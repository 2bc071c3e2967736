import { defineDeed, restartService, restartServiceOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'restart-wazuh',
  aliases: ['restart-ossec.cmd'],
  summary: 'Restarts the agent’s service.',
  needs: 'the service of the agent',
  proof: 'sc query WazuhSvc',
  fields: {},
  options: restartServiceOptions,
  once: (_, circumstance) => restartService(circumstance),
});
