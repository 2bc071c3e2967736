import { defineDeed, tweet, tweetOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'ossec-tweeter',
  aliases: ['ossec-tweeter.sh'],
  summary: 'Posts the alert in public, on X, without its log, addresses and accounts.',
  fields: {},
  options: tweetOptions,
  once: (_, circumstance) => tweet(circumstance),
});
