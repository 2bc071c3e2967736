import { CONTENDERS, type Contender, DRIVEN, type Driven, type Name } from './contenders.ts';
import type { Answer, Order } from './lane.ts';

// One contender in the network namespace that this process was started in; ends with its parent.

const name = process.argv[2] as Name;
let contender: Contender | undefined;

async function obey(order: Order): Promise<Answer> {
  contender ??= await CONTENDERS[name]();
  switch (order.do) {
    case 'fill':
      await contender.fill(order.count);
      await prove(contender, order.count);
      return { milliseconds: [] };
    case 'turn':
      return { milliseconds: [await contender.add(order.ip), await contender.remove(order.ip)] };
    case 'burst':
      return { milliseconds: await burst(contender, order.count) };
  }
}

/** What is measured must also do something. */
async function prove(contender: Contender, there: number): Promise<void> {
  await expectCount(contender, there);
  await contender.add('198.51.100.1');
  await expectCount(contender, there + 1);
  await contender.remove('198.51.100.1');
  await expectCount(contender, there);
}

/** As many adds in a row as asked, then the undo of all of them as an agent that stops sends it. */
async function burst(contender: Contender, count: number): Promise<readonly [number, number]> {
  if (!(name in DRIVEN)) throw new Error(`${name} has no agent`);
  const { agent, message, ...rest } = contender as Driven;
  let adds = 0;
  for (let at = 0; at < count; at += 1) {
    const run = await agent.add(message(`198.18.${at >> 8}.${at & 255}`), { timeout: 3600 });
    adds += run.milliseconds;
  }
  await expectCount(rest, count);
  let deletes = 0;
  for (const { milliseconds } of await agent.stop()) deletes += milliseconds;
  await expectCount(rest, 0);
  return [adds, deletes];
}

async function expectCount(contender: Pick<Contender, 'count'>, wanted: number): Promise<void> {
  const there = await contender.count();
  if (there !== wanted) throw new Error(`${name}: ${there} addresses in place, not ${wanted}`);
}

process.on('message', async (order: Order) => {
  const answer = await obey(order).catch((thrown: unknown) => ({ error: String(thrown) }));
  process.send?.(answer);
});

process.on('disconnect', async () => {
  await contender?.close();
  process.exit();
});
