import { readFileSync } from 'node:fs';
import { type Deed, isDeed, type Response } from '../../src/lib/action.ts';
import { execute } from '../../src/lib/execute.ts';
import { exitCode } from '../../src/lib/outcome.ts';
import type { Request } from '../../src/lib/request.ts';
import type { FieldValues } from '../../src/lib/values.ts';
import { circumstance, type Example, examplesOf, platformOf } from './actions.ts';
import { FIELDS } from './deeds.ts';
import { ModelHost } from './model-host.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The actions that the README lists: Riposte's own. The tools they use have models. */
const OURS: ReadonlySet<string> = new Set(
  [...README.matchAll(/^\| \[?`([\w.-]+)`/gm)].map(([, name = '']) => name),
);

const verdicts = new Map<Response, Promise<boolean>>();

/**
 * The action as the laws test it. One of a user's own, whose tools have no models or do more than
 * those know, is tested on a model of its own declaration.
 */
export async function asTested(
  action: Response,
  host: ModelHost,
  ask: (example: Example) => Request,
): Promise<Response> {
  if (OURS.has(action.name)) return action;
  if (isDeed(action)) return toolsKnown(action, host) ? action : host.declared.studiedDeed(action);
  const verdict = verdicts.get(action) ?? understood(action, ask);
  verdicts.set(action, verdict);
  return (await verdict) ? action : host.declared.studied(action);
}

/** Whether every tool of a deed has a model; what a deed does to one cannot be seen by asking it. */
function toolsKnown(deed: Deed, host: ModelHost): boolean {
  try {
    const { checks = [], steps } = deed.once(exampleOf(deed), circumstance(deed.name));
    return [...checks, ...steps].every(
      (step) => !('command' in step) || host.has(step.command.tool),
    );
  } catch {
    // It needs settings, and so it is not one of tools alone.
    return true;
  }
}

const exampleOf = ({ fields }: Deed): FieldValues =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { subject, parse }]) => [name, parse(FIELDS[subject])]),
  );

/** Whether the models of the tools see a block of this action hold. */
async function understood(action: Response, ask: (example: Example) => Request): Promise<boolean> {
  const [example] = isDeed(action) ? [] : examplesOf(action);
  if (!example) return true;
  const host = new ModelHost({ platform: platformOf(action), bare: true });
  const call = { request: ask(example), program: action.name, holder: action.name };
  const { outcome } = await host.run(action.name, (ports) => execute(action, call, ports));
  return exitCode(outcome) === 0 && host.holds(example.text);
}
