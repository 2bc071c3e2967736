import {
  defineAction,
  persistentOption,
  srcip,
  windowsBlockOption,
  windowsBlocks,
} from '../../src/lib/index.ts';

export default defineAction({
  name: 'netsh',
  aliases: ['netsh.cmd', 'netsh-win-2016.cmd', 'firewall-drop.cmd'],
  summary: 'Blocks the source address in the Windows Firewall, in both directions.',
  needs: 'the Windows Firewall, on in one profile at least',
  proof: 'netsh advfirewall firewall show rule name="riposte netsh 203.0.113.7"',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: windowsBlockOption, persistent: persistentOption },
  backends: ({ ip }, circumstance) => windowsBlocks(ip, circumstance),
});
