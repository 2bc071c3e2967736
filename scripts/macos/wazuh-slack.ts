import { defineDeed, slackMessage, slackOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'wazuh-slack',
  aliases: ['wazuh-slack.sh', 'ossec-slack', 'ossec-slack.sh'],
  summary: 'Posts the alert to a Slack webhook.',
  needs: 'a Slack webhook',
  proof: 'the channel',
  fields: {},
  takesExtra: true,
  options: slackOptions,
  once: (_, circumstance) => slackMessage(circumstance),
});
