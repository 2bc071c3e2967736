import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { UserName } from '../fields.ts';
import { busybox } from './busybox.ts';
import { usermod } from './usermod.ts';

/** The ways to lock an account, best first. */
export const accountLocks = (user: UserName, circumstance: Circumstance): readonly Backend[] => [
  usermod(user, circumstance),
  busybox(user, circumstance),
];

/** Picks one of these ways, and what they do besides. */
export const accountLockOptions = {
  backend: { help: 'the one way to use', values: ['usermod', 'busybox'] },
  'end-sessions': {
    help: 'whether to end what the account has running, once it is locked',
    values: ['no', 'yes'],
  },
  'system-accounts': {
    help: 'what to do about accounts of the system',
    values: ['refuse', 'allow'],
    settings: true,
  },
} as const satisfies Readonly<Record<string, Option>>;
