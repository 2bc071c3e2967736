import { run } from '../../lib/effect.ts';
import { BIN } from '../../lib/node/home.ts';
import { bad, type Check, type Finding, good, listed, warning } from './finding.ts';
import { PATIENCE, type Scene } from './scene.ts';
import { namesIn, textOf } from './seen.ts';

/** What is known of SELinux and AppArmor. */
export interface ConfinementFacts {
  readonly selinux: 'off' | 'permissive' | 'enforcing';
  readonly folder: string;
  /** The SELinux labels of the folder of programs and of our programs, by path. */
  readonly labels: ReadonlyMap<string, string>;
  /** The lines of the profiles of AppArmor that are loaded; none where it is off. */
  readonly profiles: readonly string[];
}

// Where a file was made that somebody then moved here with its label.
const STRAY =
  /^(?:user_|admin_)?(?:tmp|home|home_dir)_t$|^(?:unlabeled|default|mnt|nfs|user_tmp)_t$/;

/** Whether something else than rights may keep the agent from running the programs. */
export function judgeConfinement(facts: ConfinementFacts): Finding[] {
  return [...judgeLabels(facts), ...judgeProfiles(facts)];
}

function judgeLabels({ selinux, folder, labels }: ConfinementFacts): Finding[] {
  if (selinux === 'off') return [];
  const typeOf = (label: string | undefined) => label?.split(':')[2] ?? '';
  const usual = typeOf(labels.get(folder));
  const stray = [...labels].filter(([path, label]) => {
    const type = typeOf(label);
    return path !== folder && type !== usual && STRAY.test(type);
  });
  const text = `SELinux is ${selinux}`;
  if (stray.length === 0) return [good(`${text}; no label of the programs is out of place`)];
  const names = listed(stray.map(([path, label]) => `${path} (${typeOf(label)})`));
  const paths = stray.map(([path]) => path).join(' ');
  const fix = `restorecon -v ${paths}; if that does not change it: chcon -t bin_t ${paths}`;
  const finding = selinux === 'enforcing' ? bad : warning;
  return [
    finding(`${text}, and the agent may not be let run what is labelled otherwise: ${names}`, fix),
  ];
}

function judgeProfiles({ profiles, folder }: ConfinementFacts): Finding[] {
  const about = profiles.filter(
    (line) => /wazuh|ossec|riposte/i.test(line) || line.includes(folder),
  );
  if (profiles.length === 0) return [];
  const enforced = about.filter((line) => line.endsWith('(enforce)'));
  if (enforced.length === 0) return [good('AppArmor is on, and no profile is about the agent')];
  const text = `AppArmor confines the agent: ${listed(enforced)}`;
  const fix = 'its profile must let the programs run their tools; see the kernel’s log for DENIED';
  return [warning(text, fix)];
}

async function factsOf(scene: Scene): Promise<ConfinementFacts> {
  const enforce = textOf('/sys/fs/selinux/enforce')?.trim();
  const selinux = enforce === undefined ? 'off' : enforce === '1' ? 'enforcing' : 'permissive';
  const folder = `${scene.home}/${BIN}`;
  const profiles = (textOf('/sys/kernel/security/apparmor/profiles') ?? '')
    .split('\n')
    .filter(Boolean);
  const labels = selinux === 'off' ? new Map<string, string>() : await labelsIn(folder, scene);
  return { selinux, folder, labels, profiles };
}

async function labelsIn(folder: string, { home, host }: Scene): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  if (home === undefined) return labels;
  const paths = [folder, ...namesIn(folder).map((name) => `${folder}/${name}`)];
  const command = run('stat', '-c', '%C', '--', ...paths);
  const { exitCode, stdout } = await host.runner.run(command, PATIENCE);
  if (exitCode === 0)
    stdout
      .trim()
      .split('\n')
      .forEach((label, place) => {
        labels.set(paths[place] ?? '', label);
      });
  return labels;
}

/** SELinux and AppArmor. */
export const confinementCheck: Check = {
  name: 'confinement',
  title: 'SELinux and AppArmor',
  run: async (scene) => judgeConfinement(await factsOf(scene)),
};
