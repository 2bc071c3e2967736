import { isatty } from 'node:tty';
import { CHECKS, examine } from './doctor/checks.ts';
import { asJson, asText, isReady } from './doctor/report.ts';
import { sceneOf } from './doctor/scene.ts';
import { print } from './print.ts';
import { type AtHome, atHome, subcommand } from './subcommand.ts';

interface Options extends AtHome {
  readonly json?: true;
}

/** The exit code where something is bad; no run of an action ends with it. */
const NOT_READY = 1;

// Longer lines are hard to read, whatever the terminal can show.
const WIDEST = 110;

/** `riposte doctor`: whether this host is ready, and why not. It changes nothing. */
export const doctorCommand = subcommand<Options>(
  'doctor',
  'Says whether this host is ready for the actions, and why not.',
  (command) =>
    atHome(command)
      .argument('[action...]', 'look at these alone')
      .option('--json', 'for machines: one object with all findings')
      .addHelpText(
        'after',
        [
          '',
          'It changes nothing. Exit code 0: nothing is bad, though there may be warnings; 1: something is.',
          'An action that is asked for by name, or that the agent’s configuration calls, is bad where it is',
          'not ready; any other is a warning.',
        ].join('\n'),
      ),
  async ({ args, options, collection }) => {
    const scene = await sceneOf(collection, args, options.home);
    const findings = await examine(scene);
    const report = { version: scene.version, home: scene.home, findings };
    const terminal = isatty(1);
    const colours = terminal && !process.env['NO_COLOR'];
    const width = Math.min(WIDEST, (terminal && process.stdout.columns) || WIDEST);
    print(options.json ? asJson(report) : asText(report, CHECKS, { colours, width }));
    return isReady(findings) ? 0 : NOT_READY;
  },
);
