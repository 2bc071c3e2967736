import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** Which agent's package laid the tree out. */
export type Generation = 'wazuh4' | 'wazuh5' | 'ossec';

interface Layout {
  readonly group: number;
  readonly mode: number;
  readonly programs: readonly string[];
}

/** A number that stands for the agent's group, and one for its user: no account is needed. */
export const GROUP = 64_123;
const USER = 64_122;

const LAYOUTS: Readonly<Record<Generation, Layout>> = {
  wazuh4: {
    group: GROUP,
    mode: 0o750,
    programs: [
      ...['disable-account', 'firewalld-drop', 'host-deny', 'ip-customblock', 'ipfw', 'kaspersky'],
      ...['kaspersky.py', 'npf', 'pf', 'restart-wazuh', 'restart.sh', 'route-null', 'wazuh-slack'],
    ],
  },
  wazuh5: { group: GROUP, mode: 0o750, programs: ['block-ip', 'disable-account'] },
  ossec: {
    group: GROUP,
    mode: 0o550,
    programs: [
      ...['disable-account.sh', 'firewall-drop.sh', 'firewalld-drop.sh', 'host-deny.sh'],
      ...['ip-customblock.sh', 'ipfw.sh', 'npf.sh', 'ossec-slack.sh', 'ossec-tweeter.sh', 'pf.sh'],
      ...['restart-ossec.sh', 'route-null.sh'],
    ],
  },
};

/** A throw-away agent's home as its package lays it out, owners by number. */
export interface AgentTree extends Disposable {
  readonly path: string;
  readonly bin: string;
}

/** Lays one out. The times are in the past and odd to the nanosecond. */
export function agentTree(generation: Generation, under = tmpdir()): AgentTree {
  const path = mkdtempSync(join(under, `riposte-${generation}-`));
  const { group, mode, programs } = LAYOUTS[generation];
  const bin = join(path, 'active-response/bin');
  for (const folder of ['active-response/bin', 'logs', 'etc/shared', 'bin', 'queue', 'var/run']) {
    mkdirSync(join(path, folder), { recursive: true });
  }
  const give = (below: string, bits: number, user = 0) => {
    chownSync(join(path, below), user, group);
    chmodSync(join(path, below), bits);
  };
  for (const name of programs) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} of ${generation}: $*"\n`);
    give(`active-response/bin/${name}`, mode);
  }
  if (generation === 'wazuh4')
    firewallDrop(bin, (name) => give(`active-response/bin/${name}`, mode));
  writeFileSync(join(path, 'logs/active-responses.log'), 'a line of long ago\n');
  writeFileSync(join(path, 'etc/ossec.conf'), '<ossec_config>\n</ossec_config>\n');
  writeFileSync(join(path, 'etc/shared/ar.conf'), 'firewall-drop600 - firewall-drop - 600\n');
  give('logs/active-responses.log', 0o660, USER);
  give('etc/ossec.conf', 0o660);
  give('etc/shared/ar.conf', 0o660, USER);
  for (const folder of ['active-response/bin', 'active-response']) give(folder, mode);
  for (const folder of ['logs', 'etc', 'etc/shared', 'queue']) give(folder, 0o770, USER);
  give('', 0o750);
  age(path);
  return {
    path,
    bin,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** One program under both its names, an administrator's third one, and a link to it elsewhere. */
function firewallDrop(bin: string, give: (name: string) => void): void {
  writeFileSync(join(bin, 'default-firewall-drop'), '#!/bin/sh\necho "firewall-drop: $*"\n');
  give('default-firewall-drop');
  linkSync(join(bin, 'default-firewall-drop'), join(bin, 'firewall-drop'));
  linkSync(join(bin, 'default-firewall-drop'), join(bin, 'my-drop'));
  symlinkSync('default-firewall-drop', join(bin, 'firewall-drop.sh'));
}

/** Everything gets a time of its own, inner ones first. */
function age(path: string): void {
  const paths = readdirSync(path, { recursive: true }).map((below) => join(path, String(below)));
  const all = [...paths.sort().reverse(), path];
  for (const [index, each] of all.entries()) {
    const seconds = 1_600_000_000 + index * 1_000;
    const date = `@${seconds}.${String(123_456_789 + index).padStart(9, '0')}`;
    execaSync('touch', ['-h', '-m', '-d', date, each]);
  }
}

/**
 * All that can be told of a tree: names, kinds, modes, owners, contents, times in nanoseconds, and
 * which names are one file. One line each, so that a difference reads well.
 */
export function fingerprint(
  path: string,
  without: (below: string) => boolean = () => false,
): string {
  const all = ['', ...readdirSync(path, { recursive: true }).map(String)].sort();
  const first = new Map<bigint, string>();
  return all
    .filter((below) => !without(below))
    .map((below) => {
      const full = join(path, below);
      const status = lstatSync(full, { bigint: true });
      const { ino, mode, uid, gid, nlink, mtimeNs } = status;
      const same = first.get(ino) ?? below;
      first.set(ino, same);
      const what = status.isSymbolicLink()
        ? `-> ${readlinkSync(full)}`
        : status.isFile()
          ? createHash('sha256').update(readFileSync(full)).digest('hex').slice(0, 16)
          : '';
      const links = status.isDirectory() ? '' : `${nlink} = ${same}`;
      return [below || '.', mode.toString(8), uid, gid, mtimeNs, what, links].join('  ');
    })
    .join('\n');
}
