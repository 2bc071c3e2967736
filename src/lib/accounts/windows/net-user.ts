import type { Circumstance, Option } from '../../action.ts';
import { type Backend, type Memory, must } from '../../effect.ts';
import type { UserName } from '../../fields.ts';
import { windows } from '../../windows/command-line.ts';
import { accountOnRecord } from '../on-record.ts';
import { type Account, disabled, formerOf, isOurs, refusal, seenIn, spelled } from './account.ts';
import { elsewhere, isForeign, originOf } from './event.ts';
import { lookAt } from './look.ts';
import { logOff } from './sessions.ts';

/** What is done besides. */
export const windowsAccountOptions = {
  'end-sessions': {
    help: 'whether to log the account off, once it is disabled',
    values: ['no', 'yes'],
  },
} as const satisfies Readonly<Record<string, Option>>;

const USUAL: Account = {
  sid: 'S-1-5-21-1-2-3-1001',
  enabled: true,
  administrator: false,
  others: 1,
  agent: false,
};

const usual = (enabled: boolean) =>
  spelled({ machine: 'HOST', controller: false, account: { ...USUAL, enabled } });

/** Disables an account of this computer, with its former state on record. */
export function netUser({ text: name }: UserName, { options, message }: Circumstance): Backend {
  const ending = options['end-sessions'] === 'yes';
  const origin = originOf(message);
  const active = (word: 'yes' | 'no') => windows('net', 'user', name, `/active:${word}`);
  const memory: Memory = {
    what: `the disabling of ${name}`,
    look: lookAt(name, isForeign(origin)),
    refuses: (state) => elsewhere(origin, seenIn(state)) ?? refusal(name, seenIn(state)),
    holds: disabled,
    // What it answers is one thing; what was done is looked at afterwards.
    make: () => [must(active('no'), 'made')],
    former: formerOf,
    restore: (former, now) => (isOurs(former, now) ? [must(active('yes'), 'undone')] : []),
    usual: { former: usual(true), made: usual(false) },
    lift: active('yes'),
  };
  const besides = ending ? { afterwards: logOff(name) } : { caveat: 'though open sessions go on' };
  return accountOnRecord('net-user', memory, besides);
}
