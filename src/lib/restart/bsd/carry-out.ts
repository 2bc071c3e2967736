import { spell } from '../../effect.ts';
import type { Host } from '../../host.ts';
import { ActionError, asActionError } from '../../outcome.ts';
import { control, demand } from '../control.ts';
import { unlessCovered } from '../covered.ts';
import { type Product, productOf } from '../product.ts';
import { running, seeRunning } from '../running.ts';
import type { Operation } from '../service.ts';
import { isLaunched, KICKSTART } from './launchd.ts';

/** Milliseconds for launchd to answer; it does not wait for the agent. */
const PATIENCE = 30_000;

/** Milliseconds between two looks at what runs, and of how long all must be there in the end. */
const PAUSE = 2_000;
const LOOKS = 30;

/**
 * Does it here and now, one at a time, and looks what runs afterwards; half a sentence about it, or
 * nothing where another one, begun after this was asked for, has done the same.
 */
export const carryOutHere = (
  operation: Operation,
  host: Host,
  timeout: number,
): Promise<string | undefined> =>
  unlessCovered(operation, host, timeout, () => restarted(operation, host, timeout));

async function restarted(operation: Operation, host: Host, timeout: number): Promise<string> {
  const product = await productOf(host);
  const before = await running(product, host);
  const launched = operation === 'restart' && (await isLaunched(host, PATIENCE));
  const way = launched
    ? await byLaunchd(product, before, host, timeout)
    : spell(await control(product, operation, host, timeout));
  await seeRunning(product, before, host);
  return `the ${operation} of the ${product.kind} is over (${way}), and it runs`;
}

/**
 * Stops it and has launchd start it. That it was stopped is seen: a launcher that is killed outright
 * leaves everything running, and the next one would find that and start nothing.
 */
async function byLaunchd(
  product: Product,
  before: ReadonlySet<string>,
  host: Host,
  timeout: number,
): Promise<string> {
  const stop = await control(product, 'stop', host, timeout);
  const left = await running(product, host);
  if (left.has(product.core)) {
    throw new ActionError('tool-failed', `${spell(stop)} answered 0, but ${product.core} runs on`);
  }
  try {
    demand(KICKSTART, await host.runner.run(KICKSTART, PATIENCE));
    await settle(product, before, host);
    return `${spell(stop)}, ${spell(KICKSTART)}`;
  } catch (thrown) {
    // Better outside of launchd than not at all.
    const start = await control(product, 'start', host, timeout);
    const { message } = asActionError(thrown);
    await host.log.say(`Started by ${spell(start)}, since launchd did not: ${message}`);
    return `${spell(stop)}, ${spell(start)}, since launchd did not start it`;
  }
}

/** Waits for all that ran before; throws what is missing where it does not come. */
async function settle(product: Product, before: ReadonlySet<string>, host: Host): Promise<void> {
  for (let look = 1; look < LOOKS; look += 1) {
    const now = await running(product, host);
    if ([product.core, ...before].every((name) => now.has(name))) return;
    await host.clock.sleep(PAUSE);
  }
  await seeRunning(product, before, host);
}
