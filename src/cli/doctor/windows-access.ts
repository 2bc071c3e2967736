import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../lib/host.ts';
import { windows } from '../../lib/windows/command-line.ts';
import type { Access } from './access.ts';
import { PATIENCE } from './scene.ts';

/** One entry of a list of rights that lets somebody do something. */
interface Grant {
  /** A short word or a number that stands for an account or a group. */
  readonly who: string;
  readonly rights: number;
  /** Whether it is only for what is made inside. */
  readonly inherited: boolean;
}

// Whoever is one of these can do everything anyway.
const MASTERS = /^(?:SY|BA|LA|DA|EA|S-1-5-18|S-1-5-32-544|S-1-5-80-956008885-.*|S-1-5-.*-500)$/;
// Stand for whoever made or owns a thing.
const OWNERS = /^(?:CO|CG|OW|S-1-3-[0-4])$/;

const NAMES: Readonly<Record<string, string>> = {
  WD: 'everyone',
  AU: 'all users who log in',
  BU: 'all users',
  IU: 'all users at the screen',
  BG: 'guests',
  AN: 'who does not log in',
  PU: 'power users',
  SU: 'services',
  LS: 'local services',
  NS: 'network services',
  AC: 'all apps',
};

/** Two letters stand for one right or for many. */
const RIGHTS: Readonly<Record<string, number>> = {
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
  SD: 0x10000,
  RC: 0x20000,
  WD: 0x40000,
  WO: 0x80000,
  GA: 0x10000000,
  GX: 0x20000000,
  GW: 0x40000000,
  FA: 0x1f01ff,
  FR: 0x120089,
  FW: 0x120116,
  FX: 0x1200a0,
};

/** Data, what is added to it, what is in a folder, the thing itself, its rights and its owner. */
const CHANGES = 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;

/** The entries that grant something, of a list in SDDL; nothing where there is no list. */
function grantsIn(sddl: string): readonly Grant[] | undefined {
  const list = /D:[A-Z]*((?:\([^)]*\))*)/.exec(sddl)?.[1];
  if (list === undefined) return undefined;
  return [...list.matchAll(/\(([^)]*)\)/g)].flatMap(([, entry = '']) => {
    const [kind = '', flags = '', rights = '', , , who = ''] = entry.split(';');
    if (!/^X?A$/.test(kind)) return [];
    return [{ who, rights: bitsOf(rights), inherited: pairs(flags).includes('IO') }];
  });
}

const pairs = (text: string): readonly string[] => text.match(/../g) ?? [];

const bitsOf = (text: string): number =>
  /^0x[0-9a-f]+$/i.test(text)
    ? Number(text)
    : pairs(text).reduce((bits, one) => bits | (RIGHTS[one] ?? 0), 0);

/** Who has rights, as a list in SDDL tells it; nothing for what is no such list. */
export function accessIn(sddl: string): Access | undefined {
  // A thing without a list is open to everybody.
  if (/D:(?:NO_ACCESS_CONTROL|$)/.test(sddl.trim()))
    return { writers: ['everyone'], others: ['everyone'] };
  const grants = grantsIn(sddl)?.filter(
    ({ who, inherited }) => !MASTERS.test(who) && !(inherited && OWNERS.test(who)),
  );
  if (grants === undefined) return undefined;
  const names = (some: readonly Grant[]) => [...new Set(some.map(({ who }) => NAMES[who] ?? who))];
  return {
    writers: names(grants.filter(({ rights }) => (rights & CHANGES) !== 0)),
    others: names(grants),
  };
}

/**
 * Who has rights on a folder; nothing where that cannot be told. `icacls` prints names in the system's
 * language, but saves in a language of its own, for which it wants a file.
 */
export async function accessTo(
  path: string,
  { runner }: Pick<Host, 'runner'>,
): Promise<Access | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'riposte-'));
  try {
    const file = join(folder, 'rights');
    const command = windows('icacls', path.replaceAll('/', '\\'), '/save', file, '/q');
    const { exitCode } = await runner.run(command, PATIENCE);
    return exitCode === 0 ? accessIn(readFileSync(file, 'utf16le')) : undefined;
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
