import { bsdAccountLock, bsdAccountOptions, defineAction, user } from '../../src/lib/index.ts';

export default defineAction({
  name: 'disable-account',
  aliases: ['disable-account.sh'],
  summary: 'Locks the account of this host: no password logs in with it.',
  needs: 'pwpolicy on macOS, pw on FreeBSD, usermod on OpenBSD and NetBSD',
  proof: 'pw usershow USER',
  states: { held: 'is locked', lifted: 'is as it was before' },
  fields: { account: user },
  keys: ({ account }) => [account.text],
  options: bsdAccountOptions,
  backends: ({ account }, circumstance) => [bsdAccountLock(account, circumstance)],
});
