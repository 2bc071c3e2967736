import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import type { Manifest } from './manifest.ts';
import type { Platform } from './platform.ts';
import { recogniser, wrapperOf } from './program.ts';
import { at, type Site } from './site.ts';

/** Which names a person wants: these, all there are, or those of the last time. */
export type Choice = readonly string[] | 'all' | undefined;

/** What is to become of names. */
export interface Plan {
  /** All that will be ours afterwards; the program's own is the first. */
  readonly wanted: readonly string[];
  /** Those of them that somebody else's program has now. */
  readonly replaced: readonly string[];
  /** Those of them that nothing has now. */
  readonly added: readonly string[];
  /** Those that are ours already. */
  readonly renewed: readonly string[];
  /** Ours until now, and not wanted any more. */
  readonly returned: readonly string[];
  /** Wrappers of `riposte shim` with a name of ours: somebody wants those. */
  readonly wrapped: readonly string[];
  /** What to remember of the choice; nothing for all names. */
  readonly only: readonly string[] | undefined;
}

const WHOLE = 'riposte';

/** Every name that the program can be called by on this system, its own first. */
export const namesOf = ({ actions }: Collection, { files }: Platform): readonly string[] =>
  [WHOLE, ...actions.flatMap(({ names }) => names)].map(files.fileOf);

/** Decides what to do. Throws `usage` for names that there are not. */
export function planFor(
  choice: Choice,
  manifest: Manifest,
  site: Site,
  all: readonly string[],
  { files }: Platform,
): Plan {
  const only = chosen(choice, manifest, all, files);
  const [whole = WHOLE] = all;
  const asked = only ? [whole, ...only.filter((name) => name !== whole)] : all;
  const path = (name: string) => `${site.bin}/${name}`;
  const isOurs = recogniser(manifest.programs);
  const wrapped = asked.filter((name) => wrapperOf(path(name)) !== undefined);
  const wanted = asked.filter((name) => !wrapped.includes(name));
  const there = wanted.filter((name) => at(path(name)) !== undefined);
  for (const name of there) demandFile(path(name));
  const renewed = there.filter((name) => isOurs(path(name)));
  return {
    wanted,
    replaced: there.filter((name) => !renewed.includes(name)),
    added: wanted.filter((name) => !there.includes(name)),
    renewed,
    returned: Object.keys(manifest.names).filter((name) => !asked.includes(name)),
    wrapped,
    only,
  };
}

function demandFile(path: string): void {
  const status = at(path);
  if (status?.kind === 'file' || status?.kind === 'link') return;
  const text = `${path} is neither a file nor a link, and could not be kept; move it away first`;
  throw new ActionError('refused', text);
}

function chosen(
  choice: Choice,
  { only }: Manifest,
  all: readonly string[],
  { programOf, fileOf }: Platform['files'],
): readonly string[] | undefined {
  if (choice === 'all') return undefined;
  // An older version may have had names that this one has not.
  if (choice === undefined) return only?.filter((name) => all.includes(name));
  const names = choice.map((name) => fileOf(programOf(name)));
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  const text = `there is no program "${unknown}" for this system`;
  throw new ActionError('usage', `${text}; there are ${all.join(', ')}`);
}
