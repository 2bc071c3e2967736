import { machine } from '../../src/lib/node/machine.ts';
import { keepShort } from '../../src/lib/upkeep.ts';

/**
 * A process that writes to the log of a home, and after each line does what ends a run:
 * `node log-worker.ts HOME NAME COUNT LENGTH`.
 */
const [home = '', name = '', ...numbers] = process.argv.slice(2);
const [count = 0, length = 0] = numbers.map(Number);

for (let index = 0; index < count; index += 1) {
  // A new host each time, as every run has one.
  const host = machine('firewall-drop', home);
  await host.log.say(`${name} ${index} ${name.repeat(length)}`);
  await keepShort(host, 0);
}
