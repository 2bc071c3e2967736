import { execd } from '../support/execd.ts';
import type { Home, LoggedOutcome } from '../support/home.ts';
import { message } from '../support/messages.ts';
import { ADDRESS as HOSTS, installed, makeWorld, type Pinged, type World } from '../support/net.ts';
import { echoServer, reaches } from '../support/tcp.ts';

/** The address in the sample alert. */
export const ATTACKER = '203.0.113.7';
/** The host that is attacked. */
export const ADDRESS = HOSTS.victim[4];
/** Seconds until the agent undoes the block. */
export const TIMEOUT = 3;

const ALERT = '4x-add-ssh-5710-firewall-drop';
const COUNT = 10;
const PORT = 22;

/** Tells the whole story in numbered steps; false if anything was not as it should be. */
export async function demonstrate(home: Home): Promise<boolean> {
  const world = await makeWorld();
  try {
    const measure = await measuring(world);
    try {
      return await tell(home, world, measure);
    } finally {
      await measure[Symbol.asyncDispose]();
    }
  } finally {
    await world.close();
  }
}

async function tell(home: Home, world: World, measure: Measure): Promise<boolean> {
  const steps = new Steps();
  const agent = execd({
    home: home.path,
    enter: [...world.victim.enter, 'env', '-C', home.path],
    dialect: 'wazuh4',
  });

  const who = process.getuid?.() === 0 ? 'root' : `uid ${process.getuid?.()}, without root`;
  console.log(`
Two hosts in namespaces of their own, joined by a cable; run by ${who}.

   attacker ${ATTACKER}  ────────  victim ${ADDRESS}, whose agent has firewall-drop
`);

  const before = await measure.now();
  steps.tell('before', measure.words(before), before.lost === 0);

  const undone = agent.nextDelete();
  const began = performance.now();
  const added = await agent.add(JSON.parse(message(ALERT)), { timeout: TIMEOUT });
  const took = Math.round(added.milliseconds);
  const { srcip, rule } = alertOf(message(ALERT));
  steps.tell(
    'alert',
    `rule ${rule} from ${srcip}, handed over as an agent does`,
    srcip === ATTACKER,
  );
  steps.tell(
    'keys',
    added.keysLine ?? 'none',
    added.keysLine?.includes(`["${ATTACKER}"]`) === true,
  );
  const answered = `${added.reply ?? 'none'}; ended with exit code ${added.exitCode}, ${took} ms after its start`;
  steps.tell('reply', answered, added.reply === 'continue' && added.exitCode === 0);

  const during = await measure.now();
  steps.tell('during', measure.words(during), during.lost === during.sent);
  const logged = home.outcomes().at(-1);
  steps.tell('log', summary(logged), logged?.outcome === 'applied');

  const removed = await undone;
  const waited = ((performance.now() - began) / 1000).toFixed(1);
  const lifted = `${TIMEOUT} s are over: delete after ${waited} s; exit code ${removed.exitCode} in ${Math.round(removed.milliseconds)} ms`;
  steps.tell('timeout', lifted, removed.exitCode === 0);
  const last = home.outcomes().at(-1);
  steps.tell('log', summary(last), last?.outcome === 'removed');

  const after = await measure.now();
  steps.tell('after', measure.words(after), after.lost === 0);
  await agent.stop();

  console.log(
    steps.good
      ? `\nShut out in ${took} ms, let in again when its time was over. Nothing else was touched.\n`
      : '\nSomething was not as it should be: see the lines marked NO.\n',
  );
  return steps.good;
}

class Steps {
  #count = 0;
  good = true;

  tell(name: string, text: string, good: boolean): void {
    this.#count += 1;
    this.good &&= good;
    const number = String(this.#count).padStart(2);
    console.log(`${number}  ${good ? 'ok' : 'NO'}  ${name.padEnd(8)}  ${text}`);
  }
}

interface Measure extends AsyncDisposable {
  now(): Promise<Pinged>;
  words(measured: Pinged): string;
}

/** Echo requests, or connections where there is no ping. */
async function measuring(world: World): Promise<Measure> {
  const words = (what: string) => (measured: Pinged) =>
    `${measured.sent} ${what} sent, ${measured.lost} lost`;
  if (installed('ping')) {
    return {
      now: () => world.ping(ATTACKER, ADDRESS, COUNT),
      words: words('pings'),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const server = await echoServer(world.victim, PORT);
  return {
    async now() {
      const arrived = await Promise.all(
        Array.from({ length: COUNT }, () =>
          reaches(world.attacker, ATTACKER, ADDRESS, PORT, 1_000),
        ),
      );
      return { sent: COUNT, lost: arrived.filter((came) => !came).length };
    },
    words: words('connections'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function alertOf(line: string): { readonly srcip: string; readonly rule: string } {
  const { alert } = JSON.parse(line).parameters;
  return { srcip: alert.data.srcip, rule: alert.rule.id };
}

const summary = (logged: LoggedOutcome | undefined): string =>
  logged
    ? [
        `${logged.outcome}: ${logged.detail}`,
        ...(logged.until
          ? [`the kernel lifts it by ${logged.until.slice(11, 19)} UTC at the latest`]
          : []),
        `${logged.ms} ms in the program`,
      ].join('; ')
    : 'no outcome line';
