import type { System } from '../../src/lib/system.ts';
import { ROWS, type Row } from './matrix.ts';

/** The systems that `scripts/macos` serves. */
export const BSDS = ['macos', 'freebsd', 'openbsd', 'netbsd'] as const satisfies readonly System[];

/** An action on one of them, as an agent of Wazuh 4 calls it, by whatever way it takes. */
export function rowOn(platform: System, name: string, kind: 'IPv4' | 'IPv6' | 'user'): Row {
  const row = ROWS.find(
    ({ action, example, protocol, backend, platform: its }) =>
      action.name === name &&
      its === platform &&
      example.kind === kind &&
      protocol.name === 'wazuh4' &&
      backend === undefined,
  );
  if (!row) throw new Error(`there is no ${name} for ${kind} on ${platform}`);
  return row;
}
