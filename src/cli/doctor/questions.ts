import { type Command, run } from '../../lib/effect.ts';
import { asActionError } from '../../lib/outcome.ts';
import { PATIENCE, type Scene } from './scene.ts';

interface Question {
  readonly command: Command;
  /** What it means when the tool says no. */
  readonly no: string;
  /** Whether the tool’s own words tell more. */
  readonly quoted?: true;
}

/** Questions that change nothing, to tools that may be there and of no use. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  nft: {
    command: run('nft', 'list', 'tables'),
    no: 'it may not look into the firewall',
    quoted: true,
  },
  busctl: {
    command: run(
      ...(['busctl', '--auto-start=no', 'call', 'org.fedoraproject.FirewallD1'] as const),
      ...['/org/fedoraproject/FirewallD1', 'org.fedoraproject.FirewallD1', 'getDefaultZone'],
    ),
    no: 'firewalld is not running',
  },
  'firewall-cmd': { command: run('firewall-cmd', '--state'), no: 'firewalld is not running' },
};

// They talk to the kernel, which lets nobody else.
const NETWORK: ReadonlySet<string> = new Set([
  'nft',
  'ipset',
  'iptables',
  'ip6tables',
  'ip',
  'route',
]);

type Answer = Promise<string | undefined>;

const answers = new WeakMap<Scene, Map<string, Answer>>();

/** Why a tool is of no use though it may be there, or nothing; each is asked once. */
export function refusal(tool: string, scene: Scene): Answer {
  if (scene.netAdmin === false && NETWORK.has(tool)) {
    return Promise.resolve(`${tool} may not change the network here`);
  }
  const known = answers.get(scene) ?? new Map<string, Answer>();
  answers.set(scene, known);
  const question = QUESTIONS[tool];
  const answer = known.get(tool) ?? (question ? ask(question, scene) : Promise.resolve(undefined));
  known.set(tool, answer);
  return answer;
}

async function ask({ command, no, quoted }: Question, { host }: Scene): Answer {
  try {
    const { exitCode, stderr } = await host.runner.run(command, PATIENCE);
    const [said = ''] = stderr.trim().split('\n');
    if (exitCode === 0) return undefined;
    return quoted && said ? `${no} (${said.slice(0, 120)})` : no;
  } catch (thrown) {
    return asActionError(thrown).message;
  }
}
