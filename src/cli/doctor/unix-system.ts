import { run } from '../../lib/effect.ts';
import { asActionError } from '../../lib/outcome.ts';
import { productOf } from '../../lib/restart/product.ts';
import type { System } from './system.ts';
import { judgeFolder, judgeRights } from './unix-modes.ts';

/** Linux and its kin. */
export const UNIX: System = {
  isForeign: (executable) => /\.(?:exe|cmd|bat|ps1)$/i.test(executable),
  questions: {
    nft: {
      command: run('nft', 'list', 'tables'),
      no: 'it may not look into the firewall',
      quoted: true,
    },
    busctl: {
      command: run(
        ...(['busctl', '--auto-start=no', 'call', 'org.fedoraproject.FirewallD1'] as const),
        ...['/org/fedoraproject/FirewallD1', 'org.fedoraproject.FirewallD1', 'getDefaultZone'],
      ),
      no: 'firewalld is not running',
    },
    'firewall-cmd': { command: run('firewall-cmd', '--state'), no: 'firewalld is not running' },
  },
  // They talk to the kernel, which lets nobody else.
  network: new Set(['nft', 'ipset', 'iptables', 'ip6tables', 'ip', 'route']),
  async lack({ name }, host) {
    if (name !== 'restart-wazuh') return undefined;
    return productOf(host).then(
      () => undefined,
      (thrown) => asActionError(thrown).message,
    );
  },
  noWay: 'install nftables',
  owners: 'root’s',
  elevate: 'run it with sudo',
  removal: (paths, folder = false) => `rm${folder ? ' -r' : ''} ${paths.join(' ')}`,
  single: (path) => `cp -p ${path} ${path}.new; mv ${path}.new ${path}`,
  locked: (path) => `run it as root; if it is root, see lsattr ${path}`,
  modes: true,
  accessTo: async () => undefined,
  judgeFolder,
  judgeRights,
  mending: {
    distrusted: (what) => `chown root ${what}; chmod go-w ${what}`,
    stranger: (folder, first, name) =>
      `install again, or: ln -f ${folder}/${first} ${folder}/${name}`,
    copies: (folder, first, others) =>
      `cd ${folder} && for name in ${others.join(' ')}; do ln -f ${first} "$name"; done`,
  },
};
