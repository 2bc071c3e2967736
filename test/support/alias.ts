/**
 * Run in a mount namespace of its own: what a vault says to files in directories that are mounted a
 * second time in the attacker's, a line each.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/node/clock.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import { vaultOf } from '../../src/lib/node/vault.ts';
import { ActionError } from '../../src/lib/outcome.ts';

const [base = '', home = ''] = process.argv.slice(2);
const files = filesBelow(home, 0, fs);
const vault = vaultOf({ home, files, clock: systemClock, uid: 0 });
fs.writeFileSync(join(base, 'plain'), '');

const CASES = [
  [['--bind', '/etc'], 'folder', 'passwd'],
  [['--bind', '/'], 'folder', 'etc/passwd'],
  [['--bind', home], 'folder', 'active-response/x'],
  [['--bind', '/etc/passwd'], 'plain', ''],
  [['-t', 'proc', 'proc'], 'folder', 'version'],
] as const;

for (const [words, name, below] of CASES) {
  const target = join(base, name);
  if (name === 'folder') fs.mkdirSync(target, { recursive: true });
  spawnSync('mount', [...words, target], { stdio: 'inherit' });
  const said = await vault
    .check(join(target, below), { never: [] })
    .catch((thrown: unknown) =>
      thrown instanceof ActionError ? `${thrown.kind}: ${thrown.message}` : `${thrown}`,
    );
  console.log(said);
  spawnSync('umount', [target], { stdio: 'inherit' });
}
