import { asActionError } from '../../lib/outcome.ts';
import { PATIENCE, type Scene } from './scene.ts';
import { SYSTEM, type ToolQuestion } from './system.ts';

type Answer = Promise<string | undefined>;

const answers = new WeakMap<Scene, Map<string, Answer>>();

/** Why a tool is of no use though it may be there, or nothing; each is asked once. */
export function refusal(tool: string, scene: Scene): Answer {
  if (scene.netAdmin === false && SYSTEM.network.has(tool)) {
    return Promise.resolve(`${tool} may not change the network here`);
  }
  const known = answers.get(scene) ?? new Map<string, Answer>();
  answers.set(scene, known);
  const question = SYSTEM.questions[tool];
  const answer = known.get(tool) ?? (question ? ask(question, scene) : Promise.resolve(undefined));
  known.set(tool, answer);
  return answer;
}

async function ask({ command, no, quoted }: ToolQuestion, { host }: Scene): Answer {
  try {
    const { exitCode, stderr } = await host.runner.run(command, PATIENCE);
    const [said = ''] = stderr.trim().split('\n');
    if (exitCode === 0) return undefined;
    return quoted && said ? `${no} (${said.slice(0, 120)})` : no;
  } catch (thrown) {
    return asActionError(thrown).message;
  }
}
