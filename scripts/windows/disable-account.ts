import { defineAction, netUser, windowsAccountOptions, windowsUser } from '../../src/lib/index.ts';

export default defineAction({
  name: 'disable-account',
  summary: 'Disables the account of this computer: nobody can log in with it.',
  needs: 'net and Windows PowerShell',
  proof: 'net user USER',
  states: { held: 'is disabled', lifted: 'is as it was before' },
  fields: { account: windowsUser },
  keys: ({ account }) => [account.text],
  options: windowsAccountOptions,
  backends: ({ account }, circumstance) => [netUser(account, circumstance)],
});
