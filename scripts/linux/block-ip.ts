import { defineAction, packetFilterOption, packetFilters, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'block-ip',
  summary: 'Blocks the source address by the first method that works on this host.',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: packetFilterOption },
  backends: ({ ip }, circumstance) => packetFilters(ip, circumstance),
});
