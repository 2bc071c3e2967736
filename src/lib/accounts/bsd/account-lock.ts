import type { Circumstance, Option } from '../../action.ts';
import type { Backend } from '../../effect.ts';
import type { UserName } from '../../fields.ts';
import { unable } from '../../unable.ts';
import { accountLockOptions } from '../account-lock.ts';
import { pwpolicy } from '../macos/pwpolicy.ts';
import { pw, usermodC, usermodZ } from './tools.ts';

const TOOLS = { macos: pwpolicy, freebsd: pw, openbsd: usermodZ, netbsd: usermodC } as const;

/** The way to lock an account on macOS, FreeBSD, OpenBSD and NetBSD: each has its own tool. */
export function bsdAccountLock(user: UserName, circumstance: Circumstance): Backend {
  const { system } = circumstance;
  if (system === 'linux' || system === 'windows') {
    return unable('pw', `this program does not know how ${system} locks an account`);
  }
  return TOOLS[system](user, circumstance);
}

const { 'end-sessions': ending, 'system-accounts': lenient } = accountLockOptions;

/** What it does besides. */
export const bsdAccountOptions = {
  'end-sessions': ending,
  'system-accounts': lenient,
} as const satisfies Readonly<Record<string, Option>>;
