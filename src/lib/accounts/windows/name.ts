import type { Field, UserName } from '../../fields.ts';
import { ActionError } from '../../outcome.ts';

// As many as the tools and the accounts database of Windows take.
const LONGEST = 20;
const FORBIDDEN = '"/\\[]:;|=,+*?<>@';

/**
 * A name as all its spellings have it in common: Windows tells no capitals from small letters. One
 * letter for one, and only where the way back is the same, so that two accounts never become one.
 */
export const folded = (text: string): string =>
  [...text]
    .map((letter) => {
      const small = letter.toLowerCase();
      return small.length === letter.length && small.toUpperCase() === letter ? small : letter;
    })
    .join('');

/** Reads the name of one account of this computer: no option, no list, no path, no domain. */
export function parseWindowsUser(text: string): UserName {
  const why = objection(text);
  if (why === undefined) return { text: folded(text) };
  throw new ActionError('bad-field', `${JSON.stringify(text.slice(0, 80))} ${why}`);
}

function objection(text: string): string | undefined {
  // What `net` would read as an option, or as an option of another tool.
  if (/^[/-]/.test(text)) return 'is no account name: it looks like an option';
  if (/^[^\\]+\\[^\\]+$/.test(text) || /^[^@]+@[^@]+$/.test(text)) {
    return 'names a domain too; only accounts of this computer are meant, by their name alone';
  }
  if ([...text].some((letter) => FORBIDDEN.includes(letter)) || /\p{C}/u.test(text)) {
    return `is no account name: it may hold no control characters and none of ${FORBIDDEN}`;
  }
  if (text.length > LONGEST) return `is no account name: the longest have ${LONGEST} characters`;
  if (/^[. ]*$/.test(text)) return 'is no account name: it has nothing but dots and blanks';
  // Windows itself cuts them off, so that it would be another spelling of the same name.
  if (/^\s|[\s.]$/.test(text)) return 'is no account name: it begins or ends with a blank or a dot';
  if (text.endsWith('$')) return 'is the account of a computer, or of a service that Windows runs';
  return undefined;
}

/**
 * The account of this computer that was attacked, or that attacks. Events of Windows name it in a place
 * of their own, after whatever a decoder took it for.
 */
export const windowsUser: Field<UserName> = {
  subject: 'user',
  also: { wazuh4: ['parameters.alert.data.win.eventdata.targetUserName'] },
  parse: parseWindowsUser,
  same: folded,
};
