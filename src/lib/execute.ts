import type { Action, Circumstance } from './action.ts';
import { block } from './block.ts';
import { choose } from './choice.ts';
import { converse } from './dialogue.ts';
import { expiryOf } from './expiry.ts';
import type { Host } from './host.ts';
import type { Result } from './log.ts';
import { refuseProtected } from './neverblock.ts';
import { type Understood, understand, wordsOf } from './options.ts';
import { asActionError, exitCode } from './outcome.ts';
import type { Agent } from './ports.ts';
import { MANUAL, type Request } from './request.ts';
import { unblock } from './unblock.ts';
import { type FieldValues, read, targetOf } from './values.ts';

/** One call of an action. */
export interface Call {
  readonly request: Request;
  /** The program's name as the agent calls it. */
  readonly program: string;
  /** Whose block it is. */
  readonly holder: string;
  /** Options given by hand; an agent's come in the request. */
  readonly options?: Understood['options'];
  /** The agent that waits for the keys; nobody does on a delete, for old agents or by hand. */
  readonly agent?: Agent;
}

/** What an attempt adds to the result. */
type Done = Pick<Result, 'outcome' | 'detail'> & Partial<Result>;

/** One run from request to outcome. Never throws; the log and the journal know when it returns. */
export async function execute(action: Action, call: Call, host: Host): Promise<Result> {
  const { request, holder } = call;
  const known = {
    action: action.name,
    holder,
    verb: request.verb,
    ...(request.alert !== undefined && { alert: request.alert }),
    ...(request.rule !== undefined && { rule: request.rule }),
  };
  let values: FieldValues | undefined;
  let done: Done;
  try {
    const options = await optionsOf(action, call, host);
    values = read(action, request);
    done =
      request.verb === 'add'
        ? await add(action, values, options, call, host)
        : await remove(action, values, options, call, host);
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    await host.log.say(message);
    await host.log.declined(kind === 'refused' ? 'Refused' : 'Failed', request);
    done = { outcome: kind, detail: message };
  }
  const result = { ...known, ...(values && { target: targetOf(action, values) }), ...done };
  await host.log.outcome(result);
  if (exitCode(result.outcome) === 0 && result.answer !== 'abort') await host.log.say('Ended');
  await explain(result, request, host);
  return result;
}

async function optionsOf(action: Action, { request, options }: Call, { log }: Host) {
  const { options: given, ignored } = understand(action, request.extra);
  if (ignored.length > 0) {
    await log.say(`Ignored ${ignored.length} extra argument(s) that this program does not know`);
  }
  return { ...given, ...options };
}

async function add(
  action: Action,
  values: FieldValues,
  options: Understood['options'],
  { request, program, holder, agent }: Call,
  host: Host,
): Promise<Done> {
  refuseProtected(action, values);
  const target = targetOf(action, values);
  const expiry = await expiryOf(request, program, async () => ({
    arConf: await host.files.read('etc/shared/ar.conf', 1 << 20),
    ossecConf: await host.files.read('etc/ossec.conf', 1 << 22),
  }));
  const circumstance: Circumstance = { holder, expiry, options, kernel: host.kernel };
  const backends = choose(action.backends(values, circumstance), options, request);
  const until = endOf(host.clock.now(), expiry);

  const standing = await block({ action: action.name, holder, target, until }, backends, host);
  const keys = action.keys(values);
  const dialogue = agent && { agent, request, program, keys, known: wordsOf(action) };
  const answer = dialogue && (await converse(dialogue, standing, host));
  if (!agent) await host.log.honoured(request);

  const unanswered = answer === 'unanswered';
  const longest = backends.find(({ name }) => name === standing.backend)?.longest ?? 0;
  const enforced = expiry !== undefined && expiry <= longest;
  const said = unanswered ? ', but the agent did not answer the keys' : '';
  return {
    outcome: unanswered ? 'unanswered' : standing.made.length > 0 ? 'applied' : 'already',
    backend: standing.backend,
    ...(enforced && until !== undefined && { until }),
    ...(answer !== undefined && !unanswered && { answer }),
    detail: `${target} ${action.states.held} (${standing.backend})${said}`,
  };
}

// The last moment that a date can express.
const LAST = 8.64e15;

/** When the expiry is over, ISO 8601; nothing for never. */
const endOf = (now: Date, expiry: number | undefined): string | undefined =>
  expiry === undefined
    ? undefined
    : new Date(Math.min(now.getTime() + expiry * 1000, LAST)).toISOString();

async function remove(
  action: Action,
  values: FieldValues,
  options: Understood['options'],
  { request, holder }: Call,
  host: Host,
): Promise<Done> {
  const circumstance: Circumstance = {
    holder,
    expiry: undefined,
    options,
    kernel: host.kernel,
  };
  const target = targetOf(action, values);
  const who = { action: action.name, holder, target, until: undefined };
  const removed = await unblock(who, action.backends(values, circumstance), host);
  await host.log.honoured(request);
  if (removed.length === 0) {
    const whose = holder === MANUAL ? 'done by hand' : `of ${holder}`;
    return { outcome: 'absent', detail: `${target}: there is nothing ${whose} to undo` };
  }
  const backend = removed.join(' ');
  return { outcome: 'removed', backend, detail: `${target} ${action.states.lifted} (${backend})` };
}

/** Tells the journal. One that cannot be written changes no outcome. */
async function explain(result: Result, request: Request, host: Host): Promise<void> {
  const { detail: _, answer: __, ...entry } = result;
  try {
    await host.journal.append({
      at: host.clock.now().toISOString(),
      ...entry,
      ...(request.reason !== undefined && { reason: request.reason }),
    });
  } catch (thrown) {
    await host.log.say(`The journal was not written: ${asActionError(thrown).message}`);
  }
}
