/** The text of a new action's file, for a folder of `scripts`. */
export const template = (name: string, folder: string): string =>
  folder === 'windows' ? forWindows(name) : forUnix(name);

const forUnix = (name: string): string => `\
import { defineAction, must, run, srcip, undoes, yesNo } from '../../src/lib/index.ts';

export default defineAction({
  name: '${name}',
  summary: 'Rejects mail from the source address.',
  states: { held: 'may send no mail', lifted: 'may send mail again' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, { holder }) => {
    const tool = ip.family === 6 ? 'ip6tables' : 'iptables';
    // The comment says whose rule it is: no undo takes another program's, or an administrator's.
    const rule = (verb: string) =>
      run(
        tool,
        ...['-w', '5', verb, 'INPUT', '-s', ip.text, '-p', 'tcp', '--dport', '25'],
        ...['-m', 'comment', '--comment', \`${name} \${holder}\`, '-j', 'REJECT'],
      );
    const effect = {
      what: \`\${tool} rule that rejects mail from \${ip.text}\`,
      see: yesNo(rule('-C')),
      make: must(rule('-I'), 'made'),
      undo: undoes(rule('-D')),
    };
    const lock = \`${name} \${holder} \${ip.text}\`;
    return [{ name: '${name}', effects: [effect], longest: 0, lock, record: true }];
  },
});
`;

const forWindows = (name: string): string => `\
import { defineAction, must, run, srcip, undoes, yesNo } from '../../src/lib/index.ts';

export default defineAction({
  name: '${name}',
  summary: 'Rejects mail from the source address.',
  states: { held: 'may send no mail', lifted: 'may send mail again' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, { holder }) => {
    // The name says whose rule it is: no undo takes another program's, or an administrator's.
    const rule = \`name=${name} \${holder} \${ip.text}\`;
    const firewall = (verb: string, ...words: string[]) =>
      run('netsh', 'advfirewall', 'firewall', verb, 'rule', rule, ...words);
    const effect = {
      what: \`rule that rejects mail from \${ip.text}\`,
      see: yesNo(firewall('show')),
      make: must(
        firewall(
          'add',
          ...['dir=in', 'action=block', 'protocol=TCP', 'localport=25', \`remoteip=\${ip.text}\`],
        ),
        'made',
      ),
      undo: undoes(firewall('delete')),
    };
    const lock = \`${name} \${holder} \${ip.text}\`;
    return [{ name: '${name}', effects: [effect], longest: 0, lock, record: true }];
  },
});
`;
