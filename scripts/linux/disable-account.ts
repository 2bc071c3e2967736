import { accountLockOptions, accountLocks, defineAction, user } from '../../src/lib/index.ts';

export default defineAction({
  name: 'disable-account',
  aliases: ['disable-account.sh'],
  summary: 'Locks the account: neither its password nor a key logs in.',
  needs: 'usermod, or passwd of busybox',
  proof: 'passwd --status USER',
  states: { held: 'is locked', lifted: 'is as it was before' },
  fields: { account: user },
  keys: ({ account }) => [account.text],
  options: accountLockOptions,
  backends: ({ account }, circumstance) => accountLocks(account, circumstance),
});
