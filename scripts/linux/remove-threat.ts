import { defineDeed, file, removeThreat, threatOptions } from '../../src/lib/index.ts';

export default defineDeed({
  name: 'remove-threat',
  summary: 'Takes the file into quarantine, from where only a person brings it back.',
  needs: 'to be enabled in the settings',
  proof: 'ls /var/ossec/active-response/riposte/quarantine',
  fields: { file },
  target: ({ file: { text } }) => text,
  options: threatOptions,
  once: ({ file: threat }, circumstance) => removeThreat(threat, circumstance),
});
