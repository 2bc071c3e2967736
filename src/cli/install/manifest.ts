import type { Host } from '../../lib/host.ts';
import { ActionError } from '../../lib/outcome.ts';
import { STATE } from '../../lib/ports.ts';
import { isObject, SETTINGS } from '../../lib/settings.ts';
import { at, type Site } from './site.ts';

/** A program as its bytes tell it. */
export interface Content {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** What had a name before us: nothing, or a file that is in the backup since, with its number. */
export type Former = { readonly was: 'nothing' } | { readonly was: 'file'; readonly inode: string };

/**
 * What installing changed, written before it is. It lies in the backup, and is the only thing that
 * uninstalling believes.
 */
export interface Manifest {
  readonly format: 1;
  /** `changing`: a run that was not seen to end. */
  readonly phase: 'changing' | 'installed';
  /** Programs of ours that may be in place, the last one last. */
  readonly programs: readonly Content[];
  /** All names that we have or are about to take. */
  readonly names: Readonly<Record<string, Former>>;
  /** The names that were asked for; nothing for all there are. */
  readonly only?: readonly string[];
  /** Where the former files are, below the home. */
  readonly store: string;
  /** When the folders were last changed before us. */
  readonly changed: Readonly<Record<string, string>>;
  /** Whether root's settings were there before us. */
  readonly settings: boolean;
}

/** Where the manifest and, as a rule, the former files are, below the home. */
export const BACKUP = `${STATE}/backup`;
/** The former files, below the home. */
export const STORE = `${BACKUP}/was`;

/** The manifest, below the home. */
export const MANIFEST = `${BACKUP}/manifest.json`;
const MAX = 1 << 20;

/** The manifest of a home; nothing where there is none. */
export async function readManifest({ files }: Pick<Host, 'files'>): Promise<Manifest | undefined> {
  const text = await files.readOwn(MANIFEST, MAX);
  if (text === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(text);
    if (isObject(manifest) && manifest['format'] === 1) return manifest as unknown as Manifest;
  } catch {
    // Told below.
  }
  const why = `${MANIFEST} was not written by this version, or is broken`;
  const help = `what was there before is beside it, below ${BACKUP}: see to it by hand`;
  throw new ActionError('bad-state', `${why}; ${help}`);
}

/** Writes it whole; what it says may be done after this. */
export async function writeManifest(
  manifest: Manifest,
  { files }: Pick<Host, 'files'>,
): Promise<void> {
  await files.ensurePrivate(BACKUP);
  await files.replace(MANIFEST, `${JSON.stringify(manifest, undefined, 1)}\n`);
}

/** That of a home where nothing was installed yet. */
export const freshManifest = ({ home, changed }: Site): Manifest => ({
  format: 1,
  phase: 'changing',
  programs: [],
  names: {},
  store: STORE,
  changed,
  settings: at(`${home}/${SETTINGS}`) !== undefined,
});
