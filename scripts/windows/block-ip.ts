import {
  defineAction,
  persistentOption,
  srcip,
  windowsBlockOption,
  windowsBlocks,
} from '../../src/lib/index.ts';

export default defineAction({
  name: 'block-ip',
  summary: 'Blocks the source address in the Windows Firewall, or by a null route where it is off.',
  needs: 'what netsh or route-null needs',
  proof: 'netsh advfirewall firewall show rule name="riposte block-ip 203.0.113.7"',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: windowsBlockOption, persistent: persistentOption },
  backends: ({ ip }, circumstance) => windowsBlocks(ip, circumstance),
});
