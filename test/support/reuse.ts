/**
 * Run as the first process of a pid namespace: between the look at a process and the signal to it,
 * the process ends and a bystander gets its number. Says on standard output what became of both.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { systemClock } from '../../src/lib/node/clock.ts';
import { pin } from '../../src/lib/node/proc.ts';
import { signalsOf } from '../../src/lib/node/signals.ts';
import { parseStart } from '../../src/lib/process-target.ts';

const [folder = ''] = process.argv.slice(2);
const SCRIPT = `
sleep 60 & echo $! >&3
read line <&4
kill -KILL $!; wait $!
echo $(($! - 1)) >/proc/sys/kernel/ns_last_pid
sleep 60 & echo $! >&3
wait`;

const [told, asked] = [`${folder}/told`, `${folder}/asked`].map((path) => fs.openSync(path, 'r+'));
const helper = spawn('bash', ['-c', SCRIPT], {
  stdio: ['ignore', 'ignore', 'inherit', told, asked],
});

/** Waits for a line of the helper's without letting go of this thread. */
function hear(): number {
  const buffer = new Uint8Array(32);
  return Number.parseInt(
    new TextDecoder().decode(buffer.subarray(0, fs.readSync(told ?? -1, buffer))),
    10,
  );
}

const suspect = hear();
const ticks = pin(suspect)?.read()?.ticks ?? 0;
let bystander = 0;
const signals = signalsOf({ home: undefined, clock: systemClock }, (pid, signal) => {
  if (bystander === 0) {
    fs.writeSync(asked ?? -1, '\n');
    bystander = hear();
  }
  process.kill(pid, signal);
});
// The bystander began a tick later at least, or the number would be all that tells them apart.
await new Promise((resolve) => setTimeout(resolve, 30));
const answer = await signals
  .kill({ pid: suspect, start: parseStart(`${ticks}`) }, { never: [] }, 5_000)
  .catch((thrown: unknown) => `${thrown}`);
const life = pin(bystander)?.read();
console.log(JSON.stringify({ answer, same: suspect === bystander, stopped: life?.stopped }));
helper.kill('SIGKILL');
process.exit(0);
