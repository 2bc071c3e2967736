import { run } from '../../../src/lib/effect.ts';
import { ActionError } from '../../../src/lib/outcome.ts';
import type { Signals } from '../../../src/lib/signals.ts';
import type { Kept, Vault } from '../../../src/lib/vault.ts';
import type { Door } from '../model-host.ts';

const broken = (): never => {
  throw new ActionError('tool-failed', 'the system said no');
};

/** Processes in memory: one of them is the example's. */
export class Suspects {
  readonly #alive = new Set([4321]);

  through(door: Door): Signals {
    const state = (pid: number) => (this.#alive.has(pid) ? 'alive' : 'gone');
    return {
      check: ({ pid }) => door(run('look', `${pid}`), 1_000, () => state(pid), broken),
      kill: ({ pid }, _spared, timeout) =>
        door(
          run('kill', `${pid}`),
          timeout,
          () => (this.#alive.delete(pid) ? 'killed' : 'gone'),
          broken,
        ),
    };
  }

  listing(): string {
    return [...this.#alive].map((pid) => `process ${pid}\n`).join('');
  }
}

/** Files in memory: one of them is the example's. */
export class Threats {
  readonly #files = new Set(['/tmp/evil']);
  readonly #kept = new Map<string, Kept>();

  through(door: Door): Vault {
    const present = (path: string) => (this.#files.has(path) ? 'present' : 'absent');
    return {
      check: (path) => door(run('look', path), 1_000, () => present(path), broken),
      quarantine: (path, { timeout }) =>
        door(run('quarantine', path), timeout, () => this.#take(path), broken),
      list: async () => [...this.#kept.values()],
      restore: async (id) => {
        const kept = this.#kept.get(id);
        if (!kept) throw new ActionError('usage', `nothing is kept as ${id}`);
        this.#files.add(kept.path);
        this.#kept.delete(id);
        return kept;
      },
    };
  }

  listing(): string {
    return [...this.#files].map((path) => `file ${path}\n`).join('');
  }

  #take(path: string): Kept | undefined {
    if (!this.#files.delete(path)) return undefined;
    const kept: Kept = {
      id: `kept-${this.#kept.size}`,
      path,
      at: '2026-02-03T10:11:12.000Z',
      uid: 0,
      gid: 0,
      mode: 0o644,
      modified: '2026-02-03T10:00:00.000Z',
      size: 4,
      sha256: '0'.repeat(64),
      device: '1',
      inode: '2',
      otherNames: 0,
    };
    this.#kept.set(kept.id, kept);
    return kept;
  }
}
