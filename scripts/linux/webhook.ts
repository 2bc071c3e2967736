import { defineDeed, webhook, webhookOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'webhook',
  summary: 'Posts the alert to Slack, Teams, Discord, Telegram, or a service that takes JSON.',
  fields: {},
  options: webhookOptions,
  once: (_, circumstance) => webhook(circumstance),
});
