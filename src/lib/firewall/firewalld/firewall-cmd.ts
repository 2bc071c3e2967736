import type { Question } from '../../asking.ts';
import { type Command, type Completed, run, says, unexpected } from '../../effect.ts';
import { type Daemon, notRunning } from './daemon.ts';

// Its exit codes.
const NO_BUS = 36;
const NOT_RUNNING = 252;

function giving<Answer>(
  command: Command,
  read: (completed: Completed) => Answer,
): Question<Answer> {
  return {
    command,
    read: (completed) => {
      const { exitCode } = completed;
      if (exitCode === 0) return read(completed);
      if (exitCode === NOT_RUNNING) throw notRunning('firewall-cmd says so');
      if (exitCode === NO_BUS) throw notRunning('there is no D-Bus here');
      throw unexpected(command, completed);
    },
  };
}

const defaultZone = giving(run('firewall-cmd', '--get-default-zone'), ({ stdout }) =>
  stdout.trim(),
);

// A zone a line, with remarks behind it; what is in it is indented.
const heads = (stdout: string) =>
  stdout.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);

const activeZones = giving(run('firewall-cmd', '--get-active-zones'), ({ stdout }) =>
  heads(stdout),
);

const allRules = giving(run('firewall-cmd', '--list-all-zones'), ({ stdout }) => {
  const found = new Map<string, string[]>();
  let zone = '';
  for (const line of stdout.split('\n')) {
    zone = heads(line)[0] ?? zone;
    const rules = found.get(zone) ?? [];
    if (zone !== '') found.set(zone, rules);
    if (/^\s+rule /.test(line)) rules.push(line.trim());
  }
  return found;
});

/** firewalld by its own command: a start of Python a question, some 200 milliseconds. */
export const firewallCmd: Daemon = {
  tool: 'firewall-cmd',
  zonesInUse: async (ask) => [...new Set([await ask(defaultZone), ...(await ask(activeZones))])],
  rules: (ask) => ask(allRules),
  // It calls a rule that is there already, or not there, a success with a warning.
  add: (zone, rule, seconds) =>
    giving(
      run(
        'firewall-cmd',
        ...[`--zone=${zone}`, `--add-rich-rule=${rule}`],
        ...(seconds > 0 ? [`--timeout=${seconds}`] : []),
      ),
      (completed) => (says(completed, 'ALREADY_ENABLED: ') ? 'present' : 'made'),
    ),
  remove: (zone, rule) =>
    giving(run('firewall-cmd', `--zone=${zone}`, `--remove-rich-rule=${rule}`), (completed) =>
      says(completed, 'NOT_ENABLED: ') ? 'absent' : 'undone',
    ),
};
