import { defineAction, rateOption, srcip, throttle } from '../../src/lib/index.ts';

export default defineAction({
  name: 'throttle',
  summary: 'Drops the packets of the source address that come faster than a rate; the rest passes.',
  needs: 'nftables',
  proof: 'nft list set inet riposte limit-throttle4',
  states: { held: 'is throttled', lifted: 'is no longer throttled' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { rate: rateOption },
  backends: ({ ip }, circumstance) => [throttle(ip, circumstance)],
});
