import { type Completed, run, type Step } from '../effect.ts';
import { ActionError } from '../outcome.ts';
import { firstOf, TESTERS } from './product.ts';

/** Asks every program that will have to start with the configuration whether it would. */
export const configurationIsGood = (bin: string): readonly Step<'good'>[] =>
  TESTERS.map((names) => ({
    spelled: `${bin}/${names[0]} -t    # or ${names[1]}, where there is one`,
    act: async (host, timeout) => {
      const tool = await firstOf(names, host);
      if (tool === undefined) return 'good';
      const complaint = against(tool, await host.installation.run(run(tool, '-t'), timeout));
      if (complaint === undefined) return 'good';
      const text = `the configuration is broken, so that nothing was restarted: ${complaint}`;
      throw new ActionError('refused', text);
    },
  }));

/** What a program has against its configuration, or nothing. */
function against(tool: string, { exitCode, stdout }: Completed): string | undefined {
  // The control script gives up on this word after it has stopped everything, whatever the exit code.
  const fatal = /logtest/.test(tool) && /\bERROR\b/.test(stdout);
  if (exitCode === 0 && !fatal) return undefined;
  const lines = stdout.split('\n').map(unstamped).filter(Boolean);
  const grave = lines.filter((line) => /\b(?:ERROR|CRITICAL)\b/.test(line));
  const said = (grave.length > 0 ? grave : lines).slice(0, 4).join(' / ').slice(0, 500);
  return said || `${tool} -t answered ${exitCode} and said nothing`;
}

const unstamped = (line: string) => line.trim().replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\s+/, '');
