import {
  type Command,
  type Completed,
  must,
  run,
  type Sighting,
  type Survey,
  says,
  unexpected,
} from '../effect.ts';
import { arrayIn, numberIn, objectIn, type Tree, textIn } from '../tree.ts';
import { TABLE } from './nft-table.ts';

const LIST: Command = run('nft', '-j', 'list', 'table', 'inet', TABLE);

/** Every element of our table, with what its set has counted. */
export const nftSurvey: Survey = {
  name: 'nft',
  backends: ['nft', 'nft-limit'],
  look: () => ({
    command: LIST,
    read: (completed) => {
      if (completed.exitCode === 0) return sightings(completed);
      if (says(completed, 'No such file or directory')) return [];
      throw unexpected(LIST, completed);
    },
  }),
  raze: (seen) =>
    seen.length > 0 ? [must(run('nft', 'delete', 'table', 'inet', TABLE), 'razed')] : [],
};

function sightings({ stdout }: Completed): readonly Sighting[] {
  const things = arrayIn(JSON.parse(stdout), 'nftables');
  const obeyed = new Set(things.flatMap((thing) => droppingSet(objectIn(thing, 'rule'))));
  return things.flatMap((thing) => {
    const set = objectIn(thing, 'set');
    const name = textIn(set, 'name');
    // What no rule looks into keeps nobody out.
    if (name === undefined || !obeyed.has(name)) return [];
    const [, limited, holder = ''] = /^(limit-)?(.*)[46]$/.exec(name) ?? [];
    const mark = { backend: limited ? 'nft-limit' : 'nft', holder };
    return arrayIn(set, 'elem').flatMap((element) => sighting(element, mark));
  });
}

/** The set that a rule looks into and drops by, without its mark. */
function droppingSet(rule: Tree): string[] {
  const expressions = arrayIn(rule, 'expr');
  const set = expressions.flatMap((one) => textIn(objectIn(one, 'match'), 'right') ?? [])[0];
  const drops = expressions.some((one) => typeof one === 'object' && one !== null && 'drop' in one);
  return set?.startsWith('@') && drops ? [set.slice(1)] : [];
}

function sighting(element: unknown, mark: Pick<Sighting, 'backend' | 'holder'>): Sighting[] {
  // An element about which there is nothing more to say is its bare text.
  const target = typeof element === 'string' ? element : textIn(objectIn(element, 'elem'), 'val');
  if (target === undefined) return [];
  const said = objectIn(element, 'elem');
  const left = numberIn(said, 'expires');
  const packets = numberIn(objectIn(said, 'counter'), 'packets');
  return [
    {
      ...mark,
      target,
      ...(left !== undefined && { left }),
      ...(packets !== undefined && { packets }),
    },
  ];
}
