import {
  defineDeed,
  executable,
  killOptions,
  killProcess,
  pid,
  start,
} from '../../src/lib/index.ts';

export default defineDeed({
  name: 'kill-process',
  summary: 'Kills the process of that number if it began then and runs that program.',
  needs: 'to be enabled in the settings',
  proof: 'ps -p PID',
  fields: { pid, start, executable },
  target: (named) => `${named.pid.text} ${named.start.text}`,
  options: killOptions,
  once: (named, circumstance) => killProcess(named, circumstance),
});
