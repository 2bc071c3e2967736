import type { PfKind } from './pf.ts';

/** What a ruleset says that was understood. */
export interface Rules {
  /** As `pfctl -sr` prints them. */
  readonly lines: readonly string[];
  readonly tables: readonly {
    readonly name: string;
    /** Nothing where no list was given. */
    readonly addresses: readonly string[] | undefined;
  }[];
}

const TABLE = /^table <(?<name>[\w.-]+)> persist(?: \{(?<list>[^}]*)\})?$/;
const BLOCK =
  /^block (?:drop )?(?<way>in|out) (?<quick>quick )?(?<what>from (?:any|<[\w.-]+>) to (?:any|<[\w.-]+>))$/;
const PASS = /^pass (?:in|out)(?: quick)? (?:all|from (?:any|<[\w.-]+>) to (?:any|<[\w.-]+>))$/;
const ANCHOR = /^anchor "(?<name>[\w./*-]+)"(?: all)?$/;
const SCRUB = /^scrub-anchor "com\.apple\/\*" all fragment reassemble$/;

/** Reads a ruleset, as far as it is modelled; the number of the first line that is an error. */
export function parseRules(text: string, kind: PfKind): Rules | number {
  const lines: string[] = [];
  const tables: { name: string; addresses: readonly string[] | undefined }[] = [];
  const all = text.split('\n');
  const last = all.pop();
  // One that does not end is an error to all but the one of OpenBSD.
  if (last !== '' && last !== undefined) {
    if (kind !== 'openbsd') return all.length + 1;
    all.push(last);
  }
  for (const [place, line] of all.entries()) {
    const bare = line.replace(/\s*#.*$/, '').trim();
    if (bare === '') continue;
    const table = TABLE.exec(bare)?.groups;
    const block = BLOCK.exec(bare)?.groups;
    const anchor = ANCHOR.exec(bare)?.groups;
    if (table) {
      const { name = '', list } = table;
      if (name.length > 31) return place + 1;
      const addresses = list?.split(/[\s,]+/).filter((one) => one !== '');
      tables.push({ name, addresses });
    } else if (block)
      lines.push(`block drop ${block['way']} ${block['quick'] ?? ''}${block['what']}`);
    else if (anchor) lines.push(`anchor "${anchor['name']}" all`);
    else if (PASS.test(bare) || SCRUB.test(bare)) lines.push(bare);
    else return place + 1;
  }
  return { lines, tables };
}
