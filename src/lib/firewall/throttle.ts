import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { nftSurvey } from './nft-survey.ts';
import { type Corner, LONGEST, member, timeout } from './nft-table.ts';

/** Packets a second that still pass where nobody says otherwise. */
const DEFAULT = '10/second';

/** The most packets that a rate may name: more would not hold a host back. */
const MOST = 1_000_000;

const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
};

const RATE = new RegExp(`^([1-9]\\d{0,6})/(${Object.keys(SECONDS).join('|')})$`);

/** Reads a rate of packets, `10/second`; throws `usage` for what is none. */
export function parseRate(text: string): string {
  const [, packets, unit] = RATE.exec(text) ?? [];
  if (unit !== undefined && Number(packets) <= MOST) return text;
  const units = Object.keys(SECONDS).join(', ');
  const rule = `1 to ${MOST} packets, a slash, and one of ${units}`;
  throw new ActionError('usage', `${JSON.stringify(text.slice(0, 40))} is no rate: ${rule}`);
}

/** The option that says how many packets of a throttled address still pass. */
export const rateOption: Option = {
  help: `packets that still pass, such as 600/minute (otherwise ${DEFAULT})`,
  parse: parseRate,
};

/**
 * The rate in nft's words. Beyond it pass a few packets that come at once: a tenth of a second's, at
 * least nft's own five, or a high rate could never be reached.
 */
function limit(rate: string): string {
  const [packets, unit = ''] = rate.split('/');
  const burst = Math.max(5, Math.ceil(Number(packets) / (SECONDS[unit] ?? 1) / 10));
  return `limit rate over ${rate} burst ${burst} packets`;
}

// The set's own limit is for elements that somebody adds without one. A holder's chain for what it
// drops has the holder's plain name.
const corner = (holder: string): Corner => ({
  name: `limit-${holder}`,
  verdict: 'counter drop',
  keeps: [limit(DEFAULT)],
});

/**
 * Drops the packets from the address that come faster than the rate, at the first hook of the host. The
 * limit is the element's own: no other address draws on it, and it goes with the element.
 */
export function throttle(ip: Ip, { holder, expiry, options }: Circumstance): Backend {
  const rate = options['rate'] ?? DEFAULT;
  const words = ` ${limit(rate)}${timeout(expiry)}`;
  return {
    name: 'nft-limit',
    longest: LONGEST,
    record: false,
    survey: nftSurvey,
    caveat: `to ${rate}`,
    // Adding an element again never changes its limit.
    effects: [member(corner(holder), ip, words, { replace: true })],
  };
}
