import { isDeed, type Response } from './action.ts';
import type { Asked, Call, Done } from './call.ts';
import { conclude } from './conclude.ts';
import { add, remove } from './held.ts';
import type { Host } from './host.ts';
import type { Result } from './log.ts';
import { refuseProtected } from './neverblock.ts';
import { observe } from './observe.ts';
import { ignore, perform } from './once.ts';
import { type Options, understand } from './options.ts';
import { asActionError } from './outcome.ts';
import { OPEN, policyOf } from './policy.ts';
import { MANUAL, type Request } from './request.ts';
import { settingsFor } from './settings.ts';
import { read, targetOf } from './values.ts';

/** One run from request to outcome. Never throws; the log and the journal know when it returns. */
export async function execute(response: Response, call: Call, host: Host): Promise<Result> {
  const { request, holder } = call;
  const known = {
    action: response.name,
    holder,
    verb: request.verb,
    ...(request.alert !== undefined && { alert: request.alert }),
    ...(request.rule !== undefined && { rule: request.rule }),
  };
  let target: string | undefined;
  let done: Done;
  try {
    const options = await optionsOf(response, call, host);
    const values = read(response, request);
    target = targetOf(response, values);
    done = await run(response, { ...call, options, values }, host);
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    await host.log.say(message);
    await host.log.declined(kind === 'refused' ? 'Refused' : 'Failed', request);
    done = { outcome: kind, detail: message };
  }
  const result = { ...known, ...(target && { target }), ...done };
  return conclude(result, host, request.reason);
}

async function run(response: Response, call: Asked, host: Host): Promise<Done> {
  if (call.request.verb === 'delete') {
    return isDeed(response) ? ignore(response) : remove(response, call, host);
  }
  // A person who insists is not held up by a list that cannot be understood.
  const policy = await policyOf(host).catch((thrown) => {
    if (call.force) return OPEN;
    throw thrown;
  });
  if (!call.force) await refuseProtected(response, call.values, policy, host);
  const observing = policy.modeOf(response.name) === 'observe';
  if (observing && call.holder !== MANUAL) return observe(response, call, host);
  const done = await (isDeed(response) ? perform(response, call, host) : add(response, call, host));
  return observing ? { ...done, detail: `${done.detail}, in spite of observe mode` } : done;
}

async function optionsOf(
  response: Response,
  { request, options }: Call,
  host: Host,
): Promise<Options> {
  const { options: given, ignored } = understand(response, request.extra);
  if (ignored.length > 0 && !response.takesExtra) {
    await host.log.say(
      `Ignored ${ignored.length} extra argument(s) that this program does not know`,
    );
  }
  // Root of this host has the last word over whoever sends messages.
  return { ...given, ...(await settingsOf(response, request, host)), ...options };
}

/**
 * Root's settings for a call. A delete must work whatever became of them; and what others could have
 * written is not root's, so that a block is made as if it were not there.
 */
export async function settingsOf(
  response: Response,
  { verb }: Pick<Request, 'verb'>,
  { files, log }: Pick<Host, 'files' | 'log'>,
): Promise<Options> {
  try {
    return await settingsFor(response, files);
  } catch (thrown) {
    const error = asActionError(thrown);
    const blocks = !isDeed(response) && error.kind === 'bad-state';
    if (verb === 'add' && !blocks) throw error;
    await log.say(`Without root's settings: ${error.message}`);
    return {};
  }
}
