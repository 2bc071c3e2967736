import { STATE } from '../../lib/ports.ts';
import { bad, type Finding, good, warning } from './finding.ts';
import type { Program, ProgramsFacts } from './programs.ts';
import { octal } from './seen.ts';
import type { StateFacts } from './state.ts';

const MODE = 0o750;

/** Whether our own folder is root’s alone. */
export function judgeFolder({ home, uid, folder }: StateFacts): Finding[] {
  const path = `${home}/${STATE}`;
  if (folder === undefined) return [good(`${path} will be made by the first call`)];
  if (folder === 'hidden') return [warning(`${path} is closed to this user`, 'run it with sudo')];
  if (folder.kind !== 'folder') {
    return [bad(`${path} is no folder: nothing can be recorded`, `remove it: rm ${path}`)];
  }
  // Whoever runs the doctor may not be who runs the programs.
  if (folder.uid !== 0 && folder.uid !== uid) {
    const text = `${path} belongs to user ${folder.uid}: nothing in it is believed`;
    return [bad(text, `look what is in it; then chown -R 0:0 ${path}`)];
  }
  if ((folder.mode & 0o022) !== 0) {
    const text = `${path} can be written by others (mode ${octal(folder.mode)}): nothing in it is believed`;
    return [bad(text, `look what is in it; then chmod 0700 ${path}`)];
  }
  if (folder.mode !== 0o700) {
    const text = `${path} has mode ${octal(folder.mode)}: others can read what was blocked and why`;
    return [warning(text, `chmod 0700 ${path}`)];
  }
  return [good(`${path} is private`)];
}

/** Whether only root can change a program, and the agent can run it. */
export function judgeRights({ name, mode, uid, gid }: Program, facts: ProgramsFacts): Finding[] {
  const path = `${facts.folder}/${name}`;
  const owner = `chown 0:${facts.gid} ${path}`;
  const fix = `${owner}; chmod ${octal(MODE)} ${path}`;
  if (uid !== 0 && uid !== facts.uid) {
    return [bad(`${path} belongs to user ${uid}, who can make root run anything`, fix, name)];
  }
  if ((mode & 0o022) !== 0) {
    const text = `${path} can be written by others (mode ${octal(mode)}), who can make root run anything`;
    return [bad(text, `chmod ${octal(MODE)} ${path}`, name)];
  }
  if ((mode & 0o100) === 0) {
    const text = `${path} cannot be run (mode ${octal(mode)})`;
    return [bad(text, `chmod ${octal(MODE)} ${path}`, name)];
  }
  if (mode !== MODE) {
    const text = `${path} has mode ${octal(mode)}, not ${octal(MODE)} as the agent’s own programs`;
    return [warning(text, `chmod ${octal(MODE)} ${path}`, name)];
  }
  if (gid !== facts.gid) {
    const text = `${path} is of group ${gid}, not of ${facts.gid} as its folder`;
    return [warning(text, owner, name)];
  }
  return [];
}
