/**
 * One side of a question across namespaces. `hold HOME SIGN` gives a sign of life, says its name and
 * stays until its input ends; `busy HOME SIGN` does so without a moment for anything else;
 * `ask HOME SIGN NAME…` says what is known of the sign and of the names.
 */
import fs from 'node:fs';
import { pause } from '../../src/lib/node/clock.ts';
import { machineProcesses } from '../../src/lib/node/processes.ts';

const [what, home = '', sign = '', ...names] = process.argv.slice(2);
const processes = machineProcesses(home);
if (what === 'busy') {
  await processes.giveSign(sign);
  fs.writeSync(1, `${processes.self}\n`);
  pause(60_000);
} else if (what === 'hold') {
  const end = await processes.giveSign(sign);
  console.log(processes.self);
  process.stdin.once('end', () => {
    end();
    process.exit(0);
  });
  process.stdin.resume();
} else {
  const [lives, life] = [await processes.lives(names), await processes.readSign(sign)];
  console.log(JSON.stringify({ lives, life, told: names.map(processes.describe) }));
}
