/** `iptables` or its twin for IPv6. */
export const tableTool = (family: 4 | 6) => (family === 6 ? 'ip6tables' : 'iptables');

/** The comment that marks a rule as this holder's. */
export const mark = (holder: string) => `riposte ${holder}`;
