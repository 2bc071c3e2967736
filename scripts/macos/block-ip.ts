import {
  bsdBlockOption,
  bsdBlocks,
  defineAction,
  srcip,
  wrappersOption,
} from '../../src/lib/index.ts';

export default defineAction({
  name: 'block-ip',
  summary: 'Blocks the source address by the first method that works on this host.',
  needs: 'what any of firewall-drop, host-deny and route-null needs',
  proof: 'pfctl -a riposte/block-ip -t riposte -T show',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: bsdBlockOption, 'assume-wrappers': wrappersOption },
  backends: ({ ip }, circumstance) => bsdBlocks(ip, circumstance),
});
