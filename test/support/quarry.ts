import fs from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/node/clock.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import { type VaultSystem, vaultOf } from '../../src/lib/node/vault.ts';
import type { Occasion, Vault } from '../../src/lib/vault.ts';

/** An attacker's folder, an agent's home that may be on another file system, and a canary. */
export interface Quarry extends Disposable {
  readonly home: string;
  /** The attacker's: `a/b` is a folder in it, and the file to take is in that. */
  readonly base: string;
  /** The file to take. */
  readonly file: string;
  /** A folder that must never change, with files named like the attacker's. */
  readonly canary: string;
  readonly vault: Vault;
  vaultOn(system: VaultSystem): Vault;
  /** Everything about the canary that must stay as it is. */
  portrait(): string;
  /** The texts of all files in quarantine, those that are stuck there too. */
  kept(): readonly string[];
  /** The texts of all files that the attacker still has. */
  left(): readonly string[];
}

/** Taking something for no particular reason. */
export const OCCASION: Occasion = { never: [], timeout: 10_000 };

/** The text that nobody may ever find in quarantine. */
export const SECRET = 'the canary';

const TEXT = 'evil';

/** Makes one, in folders of two file systems or of one. */
export function makeQuarry(homeUnder: string, baseUnder: string): Quarry {
  const home = fs.mkdtempSync(join(homeUnder, 'riposte-home-'));
  const base = fs.mkdtempSync(join(baseUnder, 'riposte-quarry-'));
  const canary = join(base, 'canary');
  const folder = join(base, 'a', 'b');
  const file = join(folder, 'evil');
  fs.mkdirSync(join(home, 'active-response'));
  fs.mkdirSync(canary);
  fs.mkdirSync(folder, { recursive: true });
  for (const name of ['evil', 'shadow']) fs.writeFileSync(join(canary, name), SECRET);
  fs.writeFileSync(file, TEXT);
  // Long ago, so that whoever writes to it now is seen on a system whose time goes in steps.
  fs.utimesSync(file, 1_770_000_000, 1_770_000_000);
  const uid = process.getuid?.() ?? 0;
  const vaultOn = (system: VaultSystem) =>
    vaultOf({ home, files: filesBelow(home, uid, fs), clock: systemClock, uid }, system);
  return {
    home,
    base,
    file,
    canary,
    vault: vaultOn(fs),
    vaultOn,
    portrait: () =>
      [canary, ...fs.readdirSync(canary).map((name) => join(canary, name))]
        .map((path) => {
          const { ino, mode, uid, gid, size, mtimeMs } = fs.lstatSync(path);
          const text = path === canary ? '' : fs.readFileSync(path, 'utf8');
          return [path, ino, mode, uid, gid, size, mtimeMs, text].join(' ');
        })
        .join('\n'),
    kept: () =>
      textsBelow(join(home, 'active-response/riposte/quarantine'))
        .filter(([path]) => !path.endsWith('.json'))
        .map(([, text]) => text),
    left: () =>
      textsBelow(base)
        .filter(([path]) => !path.startsWith(`${canary}/`))
        .map(([, text]) => text),
    [Symbol.dispose]() {
      for (const path of [home, base]) fs.rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Path and text of every regular file below a folder. */
function textsBelow(folder: string): readonly (readonly [string, string])[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textsBelow(path);
    return entry.isFile() ? [[path, fs.readFileSync(path, 'utf8')] as const] : [];
  });
}

/** Node's file system with something done just before its `at`-th call; `calls` counts them. */
export function disturbed(at: number, disturb: () => void): VaultSystem & { calls: () => number } {
  let calls = 0;
  const counted = new Proxy(fs, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'calls') return () => calls;
      if (typeof value !== 'function') return value;
      return (...words: unknown[]) => {
        if (calls === at) disturb();
        calls += 1;
        return Reflect.apply(value, target, words) as unknown;
      };
    },
  });
  return counted as unknown as VaultSystem & { calls: () => number };
}
