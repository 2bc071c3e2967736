import type { Http, Post, Reply } from '../http.ts';
import { ActionError, asActionError, Unreached } from '../outcome.ts';
import type { Clock } from '../ports.ts';
import { oneLine } from '../text.ts';
import type { Service } from './service.ts';

/** One notification on its way. */
export interface Letter {
  readonly service: Pick<Service, 'accepted' | 'reason'>;
  /** Whom errors name: the host of the URL, never more. */
  readonly host: string;
  /** Made anew for every attempt: a signature must not be used twice. */
  readonly post: () => Promise<Post>;
  /** Texts that no error may repeat, whoever wrote it. */
  readonly secrets: readonly string[];
}

// Milliseconds before the second attempt, where the service does not say.
const PAUSE = 500;

// An attempt with less than this left would not end.
const SHORTEST = 1_000;

// What the first attempt may take of the time, so that a second one has some.
const FIRST = 0.6;

/**
 * Sends the letter and sees the service's word for success, or throws within `timeout` milliseconds.
 * It is tried once more where that may help: after a lost connection, an overrun, an answer of 429
 * or of 500 and more. The service may then have it twice.
 */
export async function deliver(
  letter: Letter,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
  timeout: number,
): Promise<'done'> {
  const end = clock.elapsed() + timeout;
  const left = () => end - clock.elapsed();
  const first = await attempt(letter, http, timeout * FIRST);
  if (first.done) return 'done';
  const pause = first.wait(clock.now());
  if (pause === undefined || left() - pause < SHORTEST) throw first.error;
  await clock.sleep(pause);
  const second = await attempt(letter, http, left());
  if (second.done) return 'done';
  throw second.error;
}

type Attempted =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly error: ActionError;
      /** Milliseconds after which to try again, or nothing where that is no use. */
      readonly wait: (now: Date) => number | undefined;
    };

async function attempt(letter: Letter, http: Http, timeout: number): Promise<Attempted> {
  let reply: Reply;
  try {
    reply = await http.post(await letter.post(), timeout);
  } catch (thrown) {
    const error = asActionError(thrown);
    const passing = error instanceof Unreached ? error.passing : error.kind === 'timed-out';
    return { done: false, error, wait: () => (passing ? PAUSE : undefined) };
  }
  if (letter.service.accepted(reply)) return { done: true };
  const error = new ActionError('tool-failed', complaint(letter, reply));
  return { done: false, error, wait: (now) => waitAfter(reply, now) };
}

function complaint({ service, host, secrets }: Letter, reply: Reply): string {
  const said = service.reason(reply) ?? '';
  // Cut last: a part of a secret would not be known for one.
  const masked = secrets.reduce((text, one) => text.replaceAll(one, '***'), said);
  const words = oneLine(masked.slice(0, 200));
  const head = `${host} answered ${reply.status}${words ? `: ${words}` : ''}`;
  if (reply.status < 300 || reply.status > 399) return head;
  const elsewhere = URL.parse(reply.location ?? '')?.host;
  return `${head}; it sends elsewhere${elsewhere ? ` (${elsewhere})` : ''}, which is not followed`;
}

/** Milliseconds until the service wants to be asked again. */
function waitAfter({ status, retryAfter }: Reply, now: Date): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  if (retryAfter === undefined) return PAUSE;
  if (/^\d+(?:\.\d+)?$/.test(retryAfter)) return Math.ceil(Number(retryAfter) * 1000);
  const moment = Date.parse(retryAfter);
  return Number.isNaN(moment) ? PAUSE : Math.max(PAUSE, moment - now.getTime());
}
