/**
 * Run as a process of its own: an attacker who changes a file and its folders as fast as possible,
 * until the end of its standard input. Words: the kind of attack, the folder, the canary's folder.
 */
import fs from 'node:fs';
import { join } from 'node:path';

const [kind = '', base = '', canary = ''] = process.argv.slice(2);
const folder = join(base, 'a', 'b');
const file = join(folder, 'evil');
const spare = join(base, 'a', 'spare');

/** What fails was disturbed by the vault: the next turn puts it right. */
function attempt(...steps: (() => void)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch {
      // Somebody was faster.
    }
  }
}

let turn = 0;
const drop = () => {
  turn += 1;
  fs.writeFileSync(spare, `evil ${turn}`);
  fs.renameSync(spare, file);
};

const ATTACKS: Readonly<Record<string, () => void>> = {
  file: () =>
    attempt(
      drop,
      () => fs.symlinkSync(join(canary, 'shadow'), spare),
      () => fs.renameSync(spare, file),
    ),
  inode: () => attempt(drop),
  kind: () =>
    attempt(
      drop,
      () => fs.unlinkSync(file),
      () => fs.mkdirSync(file),
      () => fs.rmdirSync(file),
      drop,
    ),
  parent: () =>
    attempt(
      drop,
      () => fs.renameSync(folder, join(base, 'moved')),
      () => fs.symlinkSync(canary, folder),
      () => fs.unlinkSync(folder),
      () => fs.renameSync(join(base, 'moved'), folder),
    ),
  grandparent: () =>
    attempt(
      drop,
      () => fs.renameSync(join(base, 'a'), join(base, 'moved')),
      () => fs.symlinkSync(join(base, 'c'), join(base, 'a')),
      () => fs.unlinkSync(join(base, 'a')),
      () => fs.renameSync(join(base, 'moved'), join(base, 'a')),
    ),
};

attempt(
  () => fs.mkdirSync(join(base, 'c')),
  () => fs.symlinkSync(canary, join(base, 'c', 'b')),
);
process.stdin.on('end', () => process.exit(0)).resume();
const attack = ATTACKS[kind] ?? (() => process.exit(1));
attack();
console.log('up');
const turns = () => {
  for (let count = 0; count < 50; count += 1) attack();
  setImmediate(turns);
};
turns();
