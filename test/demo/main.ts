import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT, makeHome, unbuilt } from '../support/home.ts';
import { obstacle } from '../support/net.ts';
import { ADDRESS, ATTACKER, demonstrate, TIMEOUT } from './story.ts';

/** The demonstration: exit code 0 only if everything was measured to be as it should. */
async function main(): Promise<number> {
  const missing = unbuilt();
  if (missing) {
    console.error(missing);
    return 1;
  }
  const why = obstacle(['nft']);
  if (why) return dryRun(why);
  const arConf = [`firewall-drop${TIMEOUT} - firewall-drop - ${TIMEOUT}`];
  const home = await makeHome({ arConf });
  // The namespaces go with this process, however it ends; only the files need a hand.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      rmSync(home.path, { recursive: true, force: true });
      process.exit(130);
    });
  }
  try {
    return (await demonstrate(home)) ? 0 : 1;
  } finally {
    await home.remove();
  }
}

/** What can be shown where there is no private network: the commands, none of them run. */
function dryRun(why: string): number {
  const words = ['add', '--srcip', ATTACKER, '--for', '10m', '--dry-run'];
  console.log(`
The demonstration wants a network of its own to drop packets in, which cannot be had here:
  ${why}

So nothing is blocked. This is what the built program would run, by its own word:

$ firewall-drop ${words.join(' ')}`);
  console.log(execFileSync(join(BUILT, 'firewall-drop'), words, { encoding: 'utf8' }));
  console.log(
    `Elsewhere ${ATTACKER} pings ${ADDRESS} here, the alert comes, and nothing arrives any more.`,
  );
  return 0;
}

process.exitCode = await main();
