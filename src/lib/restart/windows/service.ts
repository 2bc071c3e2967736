import type { Ask, Question } from '../../asking.ts';
import { type Command, unexpected } from '../../effect.ts';
import type { Host } from '../../host.ts';
import { ActionError } from '../../outcome.ts';
import { isKey, keysIn, numberIn, querying, textIn } from '../../windows/registry.ts';
import { folderOfProgram, isSameFolder } from './paths.ts';

/** What installers call it; which of them is ours its own program tells. */
export const SERVICES = ['WazuhSvc', 'OssecSvc'] as const;

const KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';

/** The question what a service is made of. */
export const registered = (name: string): Command => querying(`${KEY}\\${name}`);

const DISABLED = 4;

interface Service {
  /** The folder of its program. */
  readonly folder: string | undefined;
  readonly startable: boolean;
}

function serviceIn(name: string): Question<Service | undefined> {
  const command = registered(name);
  return {
    command,
    read: (completed) => {
      // There is no such key, or nobody may read it.
      if (completed.exitCode === 1) return undefined;
      if (completed.exitCode !== 0) throw unexpected(command, completed);
      const key = keysIn(completed.stdout).find((one) => isKey(one, `${KEY}\\${name}`));
      return {
        folder: folderOfProgram(textIn(key, 'ImagePath') ?? ''),
        startable: numberIn(key, 'Start') !== DISABLED,
      };
    },
  };
}

/**
 * The name of the service that runs what is in the agent's home. Throws `missing-tool` where there is
 * none, and `refused` for one that is disabled: it would be stopped and never start again.
 */
export async function serviceOf({ home }: Pick<Host, 'home'>, ask: Ask): Promise<string> {
  const elsewhere: string[] = [];
  for (const name of SERVICES) {
    const service = await ask(serviceIn(name));
    if (service?.folder === undefined) continue;
    if (home === undefined || !isSameFolder(service.folder, home)) {
      elsewhere.push(`${name} runs from ${service.folder}`);
    } else if (service.startable) return name;
    else {
      const text = `the service ${name} is disabled, so that it would be stopped and not start again`;
      throw new ActionError('refused', text);
    }
  }
  const seen =
    elsewhere.length > 0 ? elsewhere.join(', ') : `there is no ${SERVICES.join(', no ')}`;
  throw new ActionError('missing-tool', `no service runs what is in ${home}: ${seen}`);
}
