import { defineDeed, webhook, webhookOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'webhook',
  summary: 'Posts the alert to Slack, Teams, Discord, Telegram, or a service that takes JSON.',
  needs: 'a URL in the settings',
  proof: 'the channel',
  fields: {},
  options: webhookOptions,
  once: (_, circumstance) => webhook(circumstance),
});
