import { bsdHosts, defineAction, srcip, wrappersOption } from '../../src/lib/index.ts';

export default defineAction({
  name: 'host-deny',
  aliases: ['host-deny.sh'],
  summary:
    'Denies the source address in /etc/hosts.allow or /etc/hosts.deny to services that use TCP wrappers.',
  needs: 'a service that asks TCP wrappers; there is none on macOS and OpenBSD',
  proof: 'tcpdmatch sshd ADDRESS',
  states: { held: 'is denied', lifted: 'is no longer denied' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { 'assume-wrappers': wrappersOption },
  backends: ({ ip }, circumstance) => [bsdHosts(ip, circumstance)],
});
