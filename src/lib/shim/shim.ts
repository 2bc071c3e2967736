import type { Done } from '../call.ts';
import { conclude } from '../conclude.ts';
import { converse } from '../dialogue.ts';
import type { Host } from '../host.ts';
import type { Result } from '../log.ts';
import { ActionError, asActionError } from '../outcome.ts';
import { type Agent, LIMIT } from '../ports.ts';
import type { Request } from '../request.ts';
import { argvOf } from './argv.ts';
import type { Definition } from './definition.ts';
import { factsOf, keysOf } from './facts.ts';
import type { Ended, Script, Scripts } from './script.ts';
import { keysIn, v1Of } from './v1.ts';

/** One call of a script behind the shim. */
export interface Shimmed {
  readonly definition: Definition;
  readonly request: Request;
  /** The agent's line as it came; none from an old agent. */
  readonly line: string | undefined;
  /** What the agent calls the script. */
  readonly program: string;
  /** The agent that waits for keys; nobody does on a delete or for old agents. */
  readonly agent: Agent | undefined;
}

/** When a script is told to end, so that the run is over in time, in milliseconds since its start. */
const LAST = LIMIT.run - 3_000;

/** One run of the script from request to outcome. Never throws; the log and the journal know it. */
export async function shim(call: Shimmed, scripts: Scripts, host: Host): Promise<Result> {
  const { request, program } = call;
  let done: Done;
  try {
    for (const path of pathsIn(call.definition)) await scripts.trust(path);
    done = await (call.definition.as === 'argv' ? byWords : byJson)(call, scripts, host);
    if (done.outcome === 'ran') await host.log.honoured(request);
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    await host.log.say(message);
    await host.log.declined('Failed', request);
    done = { outcome: kind, detail: message };
  }
  const result: Result = {
    action: program,
    holder: program,
    verb: request.verb,
    ...(request.alert !== undefined && { alert: request.alert }),
    ...(request.rule !== undefined && { rule: request.rule }),
    ...done,
  };
  return conclude(result, host);
}

/** The script, and what of its own words is a file: an interpreter is told the script by them. */
const pathsIn = ({ command: [script, ...words] }: Definition): readonly string[] => [
  script,
  ...words.filter((word) => word.startsWith('/')),
];

/** As up to Wazuh 4.1: the agent is asked first, and on `abort` nothing runs. */
async function byWords(call: Shimmed, scripts: Scripts, host: Host): Promise<Done> {
  const { definition, request } = call;
  const facts = factsOf(request, definition.expect);
  const keys = keysOf(facts, definition.expect);
  const target = keys.length > 0 && { target: keys.join(' ') };
  const answer = await asked(call, keys, host);
  if (answer === 'abort') {
    const detail = 'the agent knows of it already; the script was not run';
    return { ...target, outcome: 'already', answer, detail };
  }
  const script = await scripts.start({
    command: [...definition.command, ...argvOf(request, facts)],
    home: undefined,
    listen: false,
  });
  const ended = await script.ended(left(host));
  return { ...target, ...judged(ended, definition), ...(answer && { answer }) };
}

/** As from Wazuh 4.2: the script itself asks for keys, and hears the agent's answer. */
async function byJson(call: Shimmed, scripts: Scripts, host: Host): Promise<Done> {
  const { definition, request, program, line } = call;
  const verbatim = request.dialect === 'wazuh4' && definition.expect === undefined;
  const facts = verbatim ? {} : factsOf(request, definition.expect);
  const say = v1Of(request, facts, program, line);
  const listen = request.verb === 'add';
  const script = await scripts.start({
    command: definition.command,
    home: host.home,
    input: `${say(request.verb)}\n`,
    listen,
  });
  const heard = listen ? await answered(call, script, say, host) : undefined;
  script.hangUp();
  const ended = await script.ended(left(host));
  if (heard?.failure) throw heard.failure;
  const { answer, keys = [] } = heard ?? {};
  const target = keys.length > 0 && { target: keys.join(' ') };
  return { ...target, ...judged(ended, definition), ...(answer && { answer }) };
}

interface Heard {
  readonly answer?: 'continue' | 'abort';
  readonly keys?: readonly string[];
  readonly failure?: ActionError;
}

/** Passes the script's keys to the agent and its answer to the script. */
async function answered(
  call: Shimmed,
  script: Script,
  say: ReturnType<typeof v1Of>,
  host: Host,
): Promise<Heard> {
  const first = await script.hear(left(host));
  // Without a line there is nothing to register, as with an agent of that time.
  if (typeof first === 'string' && first !== 'flood') return {};
  // Any other line than keys counts as keys too; then they are those of the message.
  const keys = (typeof first === 'object' && keysIn(first.line)) || ownKeys(call);
  try {
    const answer = (await asked(call, keys, host)) ?? 'continue';
    script.tell(say(answer));
    return call.agent ? { answer, keys } : { keys };
  } catch (thrown) {
    return { keys, failure: asActionError(thrown) };
  }
}

function ownKeys({ request, definition: { expect } }: Shimmed): readonly string[] {
  try {
    return keysOf(factsOf(request, expect), expect);
  } catch {
    return [];
  }
}

/** The agent's answer to the keys; nothing where no agent waits for any. */
async function asked(
  { agent, program }: Shimmed,
  keys: readonly string[],
  host: Host,
): Promise<'continue' | 'abort' | undefined> {
  if (!agent) return undefined;
  const answer = await converse(
    {
      agent,
      program,
      keys,
      known: new Set(),
      // A script that asks late must still be ended in time.
      end: LAST,
      told: async () => {},
      untold: async () => 'the script did nothing',
    },
    host,
  );
  if (answer !== 'unanswered') return answer;
  const text = 'the agent got the keys and did not answer, so the script was not told to go on';
  throw new ActionError('unanswered', text);
}

const left = ({ clock }: Host): number => Math.max(0, LAST - clock.elapsed());

/** What an end says; what the script did, only the script knows. */
function judged(ended: Ended, { command: [script] }: Definition): Done {
  const { exitCode, signal, overran, complaint } = ended;
  const said = complaint === '' ? '' : `: ${complaint}`;
  if (overran) {
    const text = `${script} did not end in time and was killed, with all that it started${said}`;
    throw new ActionError('timed-out', text);
  }
  if (exitCode === 0) return { outcome: 'ran', detail: `${script} ended with exit code 0` };
  const how = exitCode === undefined ? `died of ${signal ?? 'a signal'}` : `answered ${exitCode}`;
  throw new ActionError('tool-failed', `${script} ${how}${said}`);
}
