import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { windowsRoute } from '../routing/windows-route.ts';
import { netsh } from './netsh.ts';

/** The option that forces one of the ways to block on Windows. */
export const windowsBlockOption: Option = {
  help: 'use this one only, instead of the firewall wherever it is on',
  values: ['netsh', 'route'],
};

/** The Windows Firewall; a null route only where no profile of it would heed a rule. */
export const windowsBlocks = (ip: Ip, circumstance: Circumstance): readonly Backend[] => [
  netsh(ip, circumstance),
  { ...windowsRoute(ip, circumstance), onlyAfter: 'no-effect' },
];
