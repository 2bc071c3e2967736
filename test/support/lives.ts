/**
 * One side of a question across namespaces. `hold HOME SIGN` gives a sign of life, says its name and
 * stays until its input ends; `ask HOME SIGN NAME…` says what is known of the sign and of the names.
 */
import { machineProcesses } from '../../src/lib/node/processes.ts';

const [what, home = '', sign = '', ...names] = process.argv.slice(2);
const processes = machineProcesses(home);
if (what === 'hold') {
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
