import { asking } from '../../lib/asking.ts';
import { asActionError } from '../../lib/outcome.ts';
import { STATE } from '../../lib/ports.ts';
import { serviceOf } from '../../lib/restart/windows/service.ts';
import { quoted } from '../../lib/windows/command-line.ts';
import type { Access } from './access.ts';
import { bad, type Finding, good, listed, warning } from './finding.ts';
import { PATIENCE } from './scene.ts';
import type { StateFacts } from './state.ts';
import type { System } from './system.ts';
import { accessTo } from './windows-access.ts';

const ELEVATE = 'run it from an elevated prompt';
const AGAIN = 'install again: riposte install';

const typed = (path: string): string => quoted(path.replaceAll('/', '\\'));

/** Gives a folder to the system and its administrators alone, by numbers since names are translated. */
const closing = (path: string): string =>
  `icacls ${typed(path)} /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F`;

/** Windows. */
export const WINDOWS: System = {
  isForeign: (executable) => !/\.(?:exe|com|cmd|bat|ps1|vbs)$/i.test(executable),
  questions: {},
  network: new Set(),
  async lack({ name }, host) {
    if (name !== 'restart-wazuh') return undefined;
    if (host.home === undefined) return 'no agent’s home was found';
    return serviceOf(host, asking(host, PATIENCE)).then(
      () => undefined,
      (thrown) => asActionError(thrown).message,
    );
  },
  noWay: 'turn the Windows Firewall on in one profile at least',
  owners: 'this host’s',
  elevate: ELEVATE,
  removal: (paths, folder = false) =>
    `${folder ? 'rmdir /s' : 'del'} ${paths.map(typed).join(' ')}`,
  single: (path) => `rename it, copy it back as ${typed(path)}, and remove what was renamed`,
  locked: () => `${ELEVATE}; if it is one, see who holds the file open, and its attributes`,
  modes: false,
  accessTo,
  judgeFolder,
  // What is made in the folder has its rights, which are looked at.
  judgeRights: () => [],
  mending: {
    distrusted: (what) => `take that right away; to leave it to administrators: ${closing(what)}`,
    stranger: () => AGAIN,
    copies: () => AGAIN,
  },
};

function judgeFolder({ home, folder, access }: StateFacts): readonly Finding[] {
  const path = `${home}/${STATE}`;
  if (folder === undefined) return [good(`${path} will be made by the first call`)];
  if (folder === 'hidden') return [warning(`${path} is closed to this user`, ELEVATE)];
  if (folder.kind !== 'folder') {
    const text = `${path} is no folder: nothing can be recorded`;
    return [bad(text, `remove it: del ${typed(path)}`)];
  }
  return [judgeAccess(path, access)];
}

function judgeAccess(path: string, access: Access | undefined): Finding {
  if (!access)
    return warning(`who may look into ${path} could not be told`, `see icacls ${typed(path)}`);
  const { writers, others } = access;
  if (writers.length > 0) {
    const text = `${path} can be written by ${listed(writers)}, who can undo blocks and make them up`;
    return bad(text, `look what is in it; then ${closing(path)}`);
  }
  if (others.length > 0) {
    const text = `${path} can be read by ${listed(others)}: what was blocked and why`;
    return warning(text, closing(path));
  }
  return good(`${path} is private`);
}
