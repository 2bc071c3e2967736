import { parseArgs } from 'node:util';
import { unbuilt } from '../support/home.ts';
import { CONTENDERS, DRIVEN, type Name } from './contenders.ts';
import { type Lane, openLane } from './lane.ts';
import { both, machine, ms, ratio, summary, type Times, table } from './report.ts';

const USAGE = `npm run bench -- [options]

  --rounds N     measured rounds for each size (default 21)
  --sizes A,B    addresses in place before (default 0,20000)
  --burst N      adds in a row, then deletes; 0 for none (default 500)
  --help         this text`;

const OURS = 'firewall-drop';
const IP = '203.0.113.7';

interface Row {
  readonly name: Name;
  readonly add: Times;
  readonly remove: Times;
}

async function withLanes<T>(names: readonly Name[], use: (lanes: Lane[]) => Promise<T>) {
  const lanes = names.map(openLane);
  try {
    return await use(lanes);
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

/** Every contender in turn, the order reversed every other round, so that all see the same machine. */
async function compare(size: number, rounds: number): Promise<readonly Row[]> {
  return withLanes(Object.keys(CONTENDERS) as Name[], async (lanes) => {
    for (const lane of lanes) await lane.fill(size);
    const adds = new Map<Name, number[]>(lanes.map(({ name }) => [name, []]));
    const removes = new Map<Name, number[]>(lanes.map(({ name }) => [name, []]));
    for (let round = -1; round < rounds; round += 1) {
      for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
        const [add, remove] = await lane.turn(IP);
        // The first round only warms up.
        if (round < 0) continue;
        adds.get(lane.name)?.push(add);
        removes.get(lane.name)?.push(remove);
      }
      progress(`${size} addresses: round ${round + 1} of ${rounds}`);
    }
    return lanes.map(({ name }) => ({
      name,
      add: summary(adds.get(name) ?? []),
      remove: summary(removes.get(name) ?? []),
    }));
  });
}

function compared(size: number, rows: readonly Row[]): string {
  const ours = rows.find(({ name }) => name === OURS);
  const head = [`${size} in place`, 'add', 'ours/this', 'delete', 'ours/this'];
  const lines = rows.map(({ name, add, remove }) => [
    name,
    both(add),
    ratio(ours?.add.median ?? Number.NaN, add.median),
    both(remove),
    ratio(ours?.remove.median ?? Number.NaN, remove.median),
  ]);
  return table([head, ...lines]);
}

async function bursts(count: number): Promise<string> {
  const names = Object.keys(DRIVEN) as Name[];
  const rows: string[][] = [];
  for (const name of names) {
    progress(`${count} adds and deletes: ${name}`);
    const [adds, deletes] = await withLanes([name], async ([lane]) => {
      await lane?.fill(0);
      return (await lane?.burst(count)) ?? [Number.NaN, Number.NaN];
    });
    const cells = [adds, deletes].flatMap((sum) => [
      `${(sum / 1000).toFixed(2)} s`,
      ms(sum / count),
    ]);
    rows.push([name, ...cells]);
  }
  return table([[`${count} in a row`, 'adds', 'each', 'deletes', 'each'], ...rows]);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function run(sizes: readonly number[], rounds: number, burst: number): Promise<void> {
  for (const line of await machine()) console.log(line);
  console.log(
    'Milliseconds from start to end, median (least), all in one run and interleaved.\n' +
      'Absolute values vary with the machine and what else it does: compare within one column.',
  );
  for (const size of sizes) {
    const text = compared(size, await compare(size, rounds));
    progress('');
    console.log(`\n${text}`);
  }
  if (burst === 0) return;
  const text = await bursts(burst);
  progress('');
  console.log(`\n${text}`);
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    sizes: { type: 'string', default: '0,20000' },
    burst: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
const sizes = values.sizes.split(',').map(Number);
const numbers = [...sizes, Number(values.rounds), Number(values.burst)];
const obstacle = unbuilt();
if (values.help) console.log(USAGE);
else if (!numbers.every(Number.isInteger) || Number(values.rounds) < 1) {
  console.error(USAGE);
  process.exitCode = 2;
} else if (obstacle) {
  console.error(obstacle);
  process.exitCode = 1;
} else await run(sizes, Number(values.rounds), Number(values.burst));
