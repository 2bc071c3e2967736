import { defineDeed, tweet, tweetOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'ossec-tweeter',
  aliases: ['ossec-tweeter.sh'],
  summary: 'Posts in public, on X, which rule raised an alert on which agent.',
  needs: 'keys of X in the settings',
  proof: 'the account on X',
  fields: {},
  options: tweetOptions,
  once: (_, circumstance) => tweet(circumstance),
});
