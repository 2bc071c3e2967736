const SRCIP = "Cannot read 'srcip' from data or invalid IP format";
const COMMAND = "Invalid value of 'command'";
const SHAPE = 'Invalid input format';

/** What a program that blocks addresses must make of a message, whoever it was meant for. */
export type Expected =
  | { readonly add: string }
  | { readonly delete: string }
  | { readonly declines: 'bad-field' | 'bad-request' | 'refused'; readonly says: string };

const no = (declines: 'bad-field' | 'bad-request' | 'refused', says: string) => ({
  declines,
  says,
});

/** That of every sample message, by its name. */
export const EXPECTED: Readonly<Record<string, Expected>> = {
  '4x-abort-ssh-5710-firewall-drop': no('bad-request', COMMAND),
  '4x-add-api-wazuh-slack': { add: '192.0.2.88' },
  '4x-add-integration-firewall-drop5': { add: '3.3.3.3' },
  '4x-add-integration-missing-srcip': no('bad-field', SRCIP),
  '4x-add-pam-5503-disable-account': { add: '192.0.2.14' },
  '4x-add-pam-5503-root-disable-account': { add: '192.0.2.14' },
  '4x-add-restart-wazuh-wcom': no('bad-field', SRCIP),
  '4x-add-ssh-5710-firewall-drop': { add: '203.0.113.7' },
  '4x-add-ssh-5712-host-deny': { add: '198.51.100.23' },
  '4x-add-ssh-5763-firewall-drop': { add: '192.0.2.88' },
  '4x-add-syscheck-554-firewall-drop-nodata': no('bad-field', SRCIP),
  '4x-add-syscheck-554-remove-threat': no('bad-field', SRCIP),
  '4x-add-web-31151-ipv6-firewalld-drop': { add: '2001:db8:5:1::bad' },
  '4x-add-win-60122-loopback-route-null': no('refused', '127.0.0.1'),
  '4x-add-win-60122-netsh': { add: '203.0.113.66' },
  '4x-continue-pam-5503-disable-account': no('bad-request', COMMAND),
  '4x-continue-ssh-5710-firewall-drop': no('bad-request', COMMAND),
  '4x-continue-ssh-5763-firewall-drop': no('bad-request', COMMAND),
  '4x-continue-win-60122-netsh': no('bad-request', COMMAND),
  '4x-delete-pam-5503-disable-account': { delete: '192.0.2.14' },
  '4x-delete-ssh-5710-firewall-drop': { delete: '203.0.113.7' },
  '4x-delete-ssh-5712-host-deny': { delete: '198.51.100.23' },
  '4x-delete-win-60122-netsh': { delete: '203.0.113.66' },
  '4x-manager-to-execd-firewall-drop5': no('bad-request', COMMAND),
  '4x-reply-check_keys-firewall-drop': no('bad-request', COMMAND),
  '5x-abort-stateful-block-ip': no('bad-request', COMMAND),
  '5x-continue-stateful-block-ip': no('bad-request', COMMAND),
  '5x-disable-stateful-block-ip': { delete: '203.0.113.7' },
  '5x-disable-stateful-disable-account': { delete: '203.0.113.7' },
  '5x-enable-missing-source-ip': no('bad-field', "Cannot read 'source.ip' from data"),
  '5x-enable-stateful-block-ip': { add: '203.0.113.7' },
  '5x-enable-stateful-disable-account': { add: '203.0.113.7' },
  '5x-enable-stateless-block-ip-integration': { add: '10.0.0.1' },
  '5x-enable-stateless-fim-custom': no('bad-field', "Cannot read 'source.ip' from data"),
  '5x-manager-to-execd-block-ip': no('bad-request', COMMAND),
  'legacy-argv-agent_control-add': no('bad-request', SHAPE),
  'legacy-argv-wazuh41-local-delete': no('bad-request', SHAPE),
  'legacy-argv-wazuh41-user-add': no('bad-request', SHAPE),
  'legacy-argv-windows-add': no('bad-request', SHAPE),
};

/** The exit codes of refusals. */
export const EXIT = { 'bad-request': 3, 'bad-field': 4, refused: 5 } as const;
/** Which generation of agents a message is for. */
export const dialectOf = (name: string) => (name.startsWith('5x') ? 'wazuh5' : 'wazuh4');
const cases = Object.entries(EXPECTED);
/** The messages that block, and what. */
export const adds = cases.flatMap(([name, expected]) =>
  'add' in expected ? [{ name, ...expected }] : [],
);
/** Those that nothing can be done with, and why. */
export const declined = cases.flatMap(([name, expected]) =>
  'declines' in expected ? [{ name, ...expected }] : [],
);
/** Those that undo, and what. */
export const deletes = cases.flatMap(([name, expected]) =>
  'delete' in expected ? [{ name, target: expected.delete }] : [],
);
