import { hashOf } from './hash.ts';
import { STATE } from './ports.ts';
import { type Place, parseEntry } from './record.ts';

/** The folder of all records. */
export const HELD = `${STATE}/held`;

/** The folder of an action's records, and of what else it remembers. */
export const folderOf = (action: string) => `${HELD}/${action}`;

// Thousands of targets: no run may have to look through all of their names.
const SHARDS = 256;

/** Whether a name in an action's folder is that of a folder of records. */
export const isShard = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);

/** The folder of the records of one target. */
export const shardOf = ({ action, target }: Pick<Place, 'action' | 'target'>) =>
  `${folderOf(action)}/${(hashOf(target) % SHARDS).toString(16).padStart(2, '0')}`;

// What programs are called; part of the text that some tools are told.
const HOLDER = /^[\w.-]+$/;

/**
 * A text as a part of a name. Targets may hold what file names may not on some system (the colons of
 * IPv6 on Windows), and an alert's id halves of characters, which no name can be made of.
 */
export const encoded = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replaceAll('*', '%2A');

// No encoded text has these in it, and no file's name may be longer than 255 bytes.
const CUT = '=';
const MAX_TARGET = 150;

/** The text that was encoded; nothing, which no name stands for, where none was. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The target in a name; of a long one the beginning, and a number for all of it. */
export function named(target: string): string {
  const text = encoded(target);
  if (text.length <= MAX_TARGET) return text;
  return `${text.slice(0, MAX_TARGET)}${CUT}${text.length}.${hashOf(target).toString(36)}`;
}

/** What the names of all records of one holder's target begin with. */
export const stemOf = ({ target, holder }: Omit<Place, 'backend'>) => `${named(target)}@${holder}@`;

/** Where the record of a place is. */
export const pathOf = (place: Place) => `${shardOf(place)}/${stemOf(place)}${place.backend}`;

/** Whether the name holds no more than the beginning of its target. */
export const isCut = (name: string): boolean => name.split('@', 1)[0]?.includes(CUT) === true;

/**
 * The place that a record is named after; nothing for what is named otherwise, since undo finds a
 * record by its name alone. A long target is in its text.
 */
export function placeIn(action: string, path: string, text: string | undefined): Place | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [target = '', holder = '', backend = ''] = name.split('@');
  const nowhere = { action: '', holder: '', backend: '', target: '' };
  const whole = isCut(name) ? parseEntry(text ?? '', nowhere).target : decoded(target);
  const place = { action, holder, target: whole, backend };
  return pathOf(place) === path && HOLDER.test(holder) ? place : undefined;
}
