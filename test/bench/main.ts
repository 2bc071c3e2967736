import { parseArgs } from 'node:util';
import { unbuilt } from '../support/home.ts';
import { obstacle } from '../support/net.ts';
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

async function run({ sizes, rounds, burst }: Options): Promise<void> {
  for (const line of await machine()) console.log(line);
  console.log(
    'Milliseconds from start to end, median (least), all in one run and interleaved.\n' +
      'Absolute values vary with the machine and what else it does: compare within one column.\n' +
      "ours/this: firewall-drop's median over this row's; below 1, firewall-drop is faster.",
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

interface Options {
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly burst: number;
}

/** The options, or nothing where help is wanted. Throws for what makes no sense. */
function parsed(words: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '21' },
      sizes: { type: 'string', default: '0,20000' },
      burst: { type: 'string', default: '500' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (text: string, least: number) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new TypeError(`"${text}" is not a whole number from ${least}`);
  };
  return {
    rounds: whole(values.rounds, 1),
    sizes: values.sizes.split(',').map((text) => whole(text, 0)),
    burst: whole(values.burst, 0),
  };
}

async function main(): Promise<0 | 1 | 2> {
  let options: Options | undefined;
  try {
    options = parsed(process.argv.slice(2));
  } catch (thrown) {
    console.error(`${(thrown as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  const why = unbuilt() ?? obstacle(['nft', 'iptables', 'iptables-restore']);
  if (why) {
    console.error(why);
    return 1;
  }
  await run(options);
  return 0;
}

process.exitCode = await main();
