import { ActionError } from '../outcome.ts';
import type { Files } from '../ports.ts';

/** What to do where there is no home. */
export const NO_HOME = 'no agent home was found to keep state in; name it with --home';

/** Where no agent lives: there is nothing to read, and nothing can be kept. */
export function noFiles(): Files {
  const homeless = async (): Promise<never> => {
    throw new ActionError('bad-state', NO_HOME);
  };
  return {
    read: async () => undefined,
    readOwn: async () => undefined,
    readNewest: async () => undefined,
    readAllOwn: async () => [],
    list: async () => [],
    written: async () => undefined,
    age: async () => undefined,
    remove: async () => false,
    rewrite: async () => false,
    tidy: async () => {},
    append: homeless,
    shorten: homeless,
    create: homeless,
    replace: homeless,
    ensurePrivate: homeless,
  };
}
