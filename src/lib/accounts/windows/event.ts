import type { Message } from '../../request.ts';
import type { Seen } from './account.ts';
import { folded } from './name.ts';

/** What an event says of where its account is from. */
export interface Origin {
  /** The domain that it was looked for in: of this computer's own accounts, its short name. */
  readonly domain: string | undefined;
  /** The computer that wrote the event. */
  readonly computer: string | undefined;
}

const WIN = 'parameters.alert.data.win';

/** Where the account of a message is from, as far as it says. */
export function originOf({ dialect, document }: Message): Origin {
  const at = (path: string) => document?.text(path)?.trim() || undefined;
  if (dialect === 'wazuh4') {
    return {
      domain: at(`${WIN}.eventdata.targetDomainName`),
      computer: at(`${WIN}.system.computer`),
    };
  }
  return { domain: dialect === 'wazuh5' ? at('user.domain') : undefined, computer: undefined };
}

// What stands for this computer itself, or for nothing.
const HERE = ['.', '-', 'builtin'];
// Accounts that are kept in the cloud, whatever the computer belongs to.
const CLOUD = ['azuread', 'microsoftaccount'];

// The short name of a computer has no more characters, and what comes after a dot is its domain.
const shortName = (name: string) => folded(name.split('.', 1)[0] ?? '').slice(0, 15);

const isHere = (domain: string, machine: string): boolean =>
  HERE.includes(folded(domain)) || shortName(domain) === shortName(machine);

/** Whether it takes a look at the computer's domain to tell whether the account is meant. */
export const isForeign = ({ domain, computer }: Origin): boolean =>
  domain !== undefined && (computer === undefined || !isHere(domain, computer));

/**
 * Why an account of that name here is not the one of the event, or nothing. A computer that belongs to
 * no domain tries its own accounts whatever domain it is told, so there the domain says nothing: whoever
 * guesses passwords chooses it.
 */
export function elsewhere(
  { domain, computer }: Origin,
  { machine, joined }: Seen,
): string | undefined {
  if (computer !== undefined && shortName(computer) !== shortName(machine)) {
    return `the event is of ${computer.slice(0, 64)}, and this is ${machine}`;
  }
  if (domain === undefined || isHere(domain, machine)) return undefined;
  if (joined === false && !CLOUD.includes(folded(domain))) return undefined;
  return `the account is one of ${domain.slice(0, 64)}, and not of ${machine} itself`;
}
