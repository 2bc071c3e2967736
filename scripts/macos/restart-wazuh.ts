import { defineDeed, restartHere, restartOptions, restartWords } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'restart-wazuh',
  aliases: ['restart-ossec.sh', 'restart.sh'],
  summary: 'Restarts the agent, or the manager, if its configuration is good.',
  needs: 'the agent’s own programs',
  proof: 'logs/active-responses.log',
  fields: {},
  options: restartOptions,
  words: restartWords,
  once: (_, circumstance) => restartHere(circumstance),
});
