import { parseIp } from '../lib/fields.ts';

/** A target as records have it: of an address its one canonical text, all else as it stands. */
export function canonicalTarget(text: string): string {
  try {
    return parseIp(text).text;
  } catch {
    return text;
  }
}
