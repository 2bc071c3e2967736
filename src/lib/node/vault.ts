import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { ActionError } from '../outcome.ts';
import type { Clock, Files } from '../ports.ts';
import type { Kept, Spared, Vault } from '../vault.ts';
import type { CaptureSystem } from './capture.ts';
import { about, said } from './errors.ts';
import { type KeepSystem, quarantineIn } from './quarantine.ts';
import { type RestoreSystem, restoreInto } from './restore.ts';
import { look, take } from './take.ts';
import { inside } from './walk.ts';

/** The part of `node:fs` that a vault needs; tests give one that is disturbed. */
export type VaultSystem = CaptureSystem & KeepSystem & RestoreSystem;

/** What a vault belongs to. */
export interface Owner {
  /** The agent's home, absolute. */
  readonly home: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly uid: number;
}

const newId = () => `${Date.now().toString(36)}-${randomBytes(8).toString('hex')}`;

/** The vault of the agent at a home, on the real file system. */
export function vaultOf({ home, files, clock, uid }: Owner, system: VaultSystem = fs): Vault {
  const quarantine = quarantineIn(home, files, clock, system);
  const means = { quarantine, uid, newId, system };

  const check = async (path: string, { never }: Spared) => {
    const there = await inside(path, { home, never }, system, async (folder, name) => {
      const looked = look({ folder, name, path }, system);
      if (looked) system.closeSync(looked.fd);
      return looked;
    });
    return there ? 'present' : 'absent';
  };

  /** Throws unless there is nothing at the path any more, by whatever way it leads there now. */
  async function seeGone({ id, path }: Kept, spared: Spared): Promise<void> {
    const found = await check(path, spared).catch((thrown: unknown) => said(thrown));
    if (found === 'absent') return;
    const now = found === 'present' ? 'there is another one' : found;
    throw new ActionError('tool-failed', `${path} was taken (${id}), but by now ${now}`);
  }

  return {
    check: (path, spared) => about(path, () => check(path, spared)),

    quarantine: (path, { alert, timeout, never }) =>
      about(path, async () => {
        const deadline = clock.elapsed() + timeout;
        const kept = await inside(path, { home, never }, system, (folder, name) =>
          take({ folder, name, path, alert, deadline }, means),
        );
        if (kept) await seeGone(kept, { never });
        return kept;
      }),

    list: (unread) => quarantine.list(unread),

    restore: (id) =>
      about(id, async () => {
        const kept = (await quarantine.list()).find((one) => one.id === id);
        if (!kept) throw new ActionError('usage', `there is no ${id} in quarantine`);
        const restored = await inside(kept.path, { home, never: [] }, system, async (to, name) =>
          restoreInto(to, name, kept, quarantine, system),
        );
        if (!restored) {
          throw new ActionError('refused', `the folder of ${kept.path} is gone; make it again`);
        }
        await quarantine.forget(kept);
        return restored;
      }),
  };
}
