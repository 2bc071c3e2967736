import fs from 'node:fs';
import { hasLibrary } from '../../lib/node/libraries.ts';
import { type Check, type Finding, good, warning } from './finding.ts';
import { see } from './seen.ts';

/** Who on this host asks TCP wrappers. */
export interface WrappersFacts {
  /** Whether the library is where the loader looks. */
  readonly library: boolean;
  /** Installed services, by path, and whether they are linked with it. */
  readonly services: readonly { readonly path: string; readonly asks: boolean }[];
}

const LIBRARY = 'libwrap.so';

// Those that some distribution links with it, or did. OpenSSH 9.8 moved the question to a program apart.
const SERVICES = [
  '/usr/sbin/sshd',
  '/usr/lib/openssh/sshd-session',
  '/usr/libexec/openssh/sshd-session',
  '/usr/sbin/vsftpd',
  '/usr/sbin/xinetd',
  '/usr/sbin/inetd',
  '/usr/sbin/tcpd',
  '/usr/sbin/exim4',
  '/usr/sbin/rpcbind',
  '/usr/sbin/slapd',
  '/usr/sbin/snmpd',
  '/usr/sbin/nrpe',
  '/usr/bin/stunnel4',
];

/** Whether a rule in hosts.deny keeps anybody out. */
export function judgeWrappers({ library, services }: WrappersFacts): Finding[] {
  const instead = 'block with firewall-drop or block-ip';
  if (!library) {
    return [warning('no libwrap.so here: nothing reads /etc/hosts.deny', instead, 'host-deny')];
  }
  const asking = services.filter(({ asks }) => asks).map(({ path }) => path);
  const ssh = services.filter(({ path }) => path.includes('sshd'));
  const found: Finding[] = [];
  if (asking.length === 0) {
    const text = 'libwrap.so is here, and no service that is known to ask it';
    found.push(warning(text, instead, 'host-deny'));
  } else {
    found.push(good(`/etc/hosts.deny is read by ${asking.join(', ')}`, 'host-deny'));
  }
  if (asking.length > 0 && ssh.length > 0 && !ssh.some(({ asks }) => asks)) {
    const text = `sshd does not ask TCP wrappers: host-deny keeps nobody from it`;
    found.push(warning(text, instead, 'host-deny'));
  }
  return found;
}

function factsOf(): WrappersFacts {
  const services = SERVICES.flatMap((path) => {
    const seen = see(path);
    if (seen === undefined || seen === 'hidden') return [];
    return [{ path, asks: mentions(path, LIBRARY) }];
  });
  return { library: hasLibrary(LIBRARY, fs), services };
}

/** Whether a program names a library that it wants to be loaded. */
function mentions(path: string, library: string): boolean {
  try {
    return fs.readFileSync(path).includes(`${library}.`);
  } catch {
    return false;
  }
}

/** TCP wrappers, which most services do not ask. */
export const wrappersCheck: Check = {
  name: 'wrappers',
  title: 'TCP wrappers',
  run: async ({ chosen }) =>
    chosen.some(({ name }) => ['host-deny', 'block-ip'].includes(name))
      ? judgeWrappers(factsOf())
      : [],
};
