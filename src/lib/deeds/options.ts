import type { Circumstance, Option } from '../action.ts';
import { parsePath } from '../fields.ts';
import { ActionError, asActionError } from '../outcome.ts';
import { SETTINGS } from '../settings.ts';

/** What cannot be taken back by an agent is done only where root has said so. */
export const enabledOption: Option = {
  help: 'whether it may be done on this host at all',
  example: 'yes',
  settings: true,
  values: ['yes', 'no'],
};

/** Absolute paths with colons between them. */
export const neverOption: Option = {
  help: 'files and directories that are spared, with colons between them',
  settings: true,
  parse: (text) => {
    try {
      return text
        .split(':')
        .map((path) => parsePath(path).text)
        .join(':');
    } catch (thrown) {
      throw new ActionError('usage', asActionError(thrown).message);
    }
  },
};

/** The paths of an option like `neverOption`. */
export const pathsIn = (option: string | undefined): readonly string[] => option?.split(':') ?? [];

/** Throws `refused` unless root has enabled the action. */
export function refuseDisabled(action: string, { options }: Pick<Circumstance, 'options'>): void {
  if (options['enabled'] === 'yes') return;
  const how = `set actions.${action}.enabled to true in ${SETTINGS}`;
  throw new ActionError('refused', `${action} is not enabled on this host; ${how}`);
}
