/** What a tool must answer, of the model and of the real one alike. */
export interface Fact {
  /** The command's words, blank between them; a comment goes as one word, its blanks as `~`. */
  readonly line: string;
  readonly stdin?: string;
  readonly exitCode: number;
  readonly stdout?: string;
  /** What standard output is like, where a part of it is another every time. */
  readonly like?: RegExp;
  /** First line of standard error. */
  readonly stderr?: string;
}

/** A run of commands on one host, in order. */
export interface Story {
  readonly title: string;
  /** The first kernel it is true of. */
  readonly since?: readonly [major: number, minor: number];
  readonly facts: readonly Fact[];
}

/** A command's words as a list. */
export const wordsOf = (line: string): readonly string[] =>
  line.split(' ').map((word) => word.replaceAll('~', ' '));

const PIPE = 'nft -t -f -';

const SET_UP = `add table inet t
add chain inet t c { type filter hook prerouting priority -300; policy accept; }
flush chain inet t c
add set inet t c4 { type ipv4_addr; size 1000000; flags timeout; counter; }
add rule inet t c ip saddr @c4 drop
add set inet t c6 { type ipv6_addr; size 1000000; flags timeout; counter; }
add rule inet t c ip6 saddr @c6 drop
`;

const LISTING = `table inet t {
	set c4 {
		type ipv4_addr
		size 1000000
		flags timeout
		counter
	}

	set c6 {
		type ipv6_addr
		size 1000000
		flags timeout
		counter
	}

	chain c {
		type filter hook prerouting priority raw; policy accept;
		ip saddr @c4 drop
		ip6 saddr @c6 drop
	}
}
`;

const LISTED = 'list ruleset inet\n';

const nft: readonly Story[] = [
  {
    title: 'a table that is not there',
    facts: [
      {
        line: PIPE,
        stdin: `create element inet t c4 { 192.0.2.1 timeout 60s }\n${LISTED}`,
        exitCode: 1,
        stdout: '',
        stderr: '/dev/stdin:1:21-21: Error: No such file or directory',
      },
      {
        line: 'nft delete element inet t c4 {~192.0.2.1~}',
        exitCode: 1,
        stderr: 'Error: No such file or directory',
      },
      {
        line: 'nft delete table inet t',
        exitCode: 1,
        stderr: 'Error: Could not process rule: No such file or directory',
      },
      { line: 'nft -t list ruleset inet', exitCode: 0, stdout: '' },
    ],
  },
  {
    title: 'elements',
    facts: [
      { line: PIPE, stdin: SET_UP, exitCode: 0, stdout: '' },
      { line: PIPE, stdin: SET_UP, exitCode: 0, stdout: '' },
      {
        line: PIPE,
        stdin: `create element inet t c4 { 192.0.2.1 timeout 60s }\n${LISTED}`,
        exitCode: 0,
        stdout: LISTING,
      },
      {
        line: PIPE,
        stdin: `create element inet t c4 { 192.0.2.1 timeout 60s }\n${LISTED}`,
        exitCode: 1,
        stdout: LISTING,
        stderr: '/dev/stdin:1:28-36: Error: Could not process rule: File exists',
      },
      {
        line: PIPE,
        stdin: `add element inet t c4 { 192.0.2.1 timeout 99s }\n${LISTED}`,
        exitCode: 0,
        stdout: LISTING,
      },
      {
        line: PIPE,
        stdin:
          'add element inet t c4 { 192.0.2.1 }\ndelete element inet t c4 { 192.0.2.1 }\nadd element inet t c4 { 192.0.2.1 timeout 9s }\nlist ruleset inet\n',
        exitCode: 0,
        stdout: LISTING,
      },
      {
        line: PIPE,
        stdin: `create element inet t c6 { 2001:db8::1 }\n${LISTED}`,
        exitCode: 0,
        stdout: LISTING,
      },
      { line: 'nft delete element inet t c4 {~192.0.2.1~}', exitCode: 0, stdout: '' },
      {
        line: 'nft delete element inet t c4 {~192.0.2.1~}',
        exitCode: 1,
        stderr: 'Error: Could not process rule: No such file or directory',
      },
      {
        line: 'nft delete element inet t nosuch {~192.0.2.1~}',
        exitCode: 1,
        stderr: 'Error: No such file or directory',
      },
      {
        line: 'nft delete element inet t c4 {~2001:db8::1~}',
        exitCode: 1,
        stderr: 'Error: Could not resolve hostname: Address family for hostname not supported',
      },
      { line: 'nft frobnicate', exitCode: 1 },
    ],
  },
  {
    title: 'a script is one transaction',
    facts: [
      { line: PIPE, stdin: SET_UP, exitCode: 0 },
      {
        line: PIPE,
        stdin: 'create element inet t c4 { 192.0.2.1 }\ndelete element inet t c4 { 192.0.2.9 }\n',
        exitCode: 1,
        stderr: '/dev/stdin:2:28-36: Error: Could not process rule: No such file or directory',
      },
      { line: 'nft create element inet t c4 {~192.0.2.1~}', exitCode: 0 },
      { line: PIPE, stdin: 'create element inet t c4 { 192.0.2.2 }\nnonsense\n', exitCode: 1 },
      { line: 'nft create element inet t c4 {~192.0.2.2~}', exitCode: 0 },
    ],
  },
  {
    title: 'times of more than eight digits',
    facts: [
      { line: PIPE, stdin: SET_UP, exitCode: 0 },
      { line: 'nft create element inet t c4 {~192.0.2.1~timeout~99999999s~}', exitCode: 0 },
      {
        line: 'nft create element inet t c4 {~192.0.2.2~timeout~100000000s~}',
        exitCode: 1,
        stderr: 'Error: value too large',
      },
    ],
  },
  {
    title: 'a full set',
    facts: [
      { line: 'nft add table inet t', exitCode: 0 },
      {
        line: 'nft add set inet t c4 {~type~ipv4_addr;~size~1;~flags~timeout;~}',
        exitCode: 0,
      },
      { line: 'nft create element inet t c4 {~192.0.2.1~}', exitCode: 0 },
      {
        line: 'nft create element inet t c4 {~192.0.2.2~}',
        exitCode: 1,
        stderr: 'Error: Could not process rule: Too many open files in system',
      },
    ],
  },
  {
    title: 'times that pass, and are moved',
    since: [6, 12],
    facts: [
      { line: PIPE, stdin: SET_UP, exitCode: 0 },
      ...['1', '2', '3'].map((last) => ({
        line: `nft create element inet t c4 {~192.0.2.${last}~timeout~1s~}`,
        exitCode: 0,
      })),
      { line: 'nft create element inet t c4 {~192.0.2.4~timeout~99s~}', exitCode: 0 },
      { line: 'nft create element inet t c4 {~192.0.2.5~}', exitCode: 0 },
      { line: 'nft add element inet t c4 {~192.0.2.2~timeout~99s~}', exitCode: 0 },
      { line: 'nft add element inet t c4 {~192.0.2.3~}', exitCode: 0 },
      { line: 'nft add element inet t c4 {~192.0.2.4~timeout~1s~}', exitCode: 0 },
      { line: 'nft add element inet t c4 {~192.0.2.5~timeout~1s~}', exitCode: 0 },
      { line: 'sleep 2', exitCode: 0 },
      ...[1, 0, 0, 1, 1].map((exitCode, index) => ({
        line: `nft delete element inet t c4 {~192.0.2.${index + 1}~}`,
        exitCode,
      })),
    ],
  },
  {
    title: 'set-up and damage',
    facts: [
      { line: PIPE, stdin: SET_UP, exitCode: 0 },
      {
        line: 'nft create table inet t',
        exitCode: 1,
        stderr: 'Error: Could not process rule: File exists',
      },
      { line: PIPE, stdin: 'add table inet t { flags dormant; }\n', exitCode: 0 },
      {
        line: 'nft -t list ruleset inet',
        exitCode: 0,
        stdout: LISTING.replace('{\n', '{\n\tflags dormant\n\n'),
      },
      { line: PIPE, stdin: SET_UP, exitCode: 0 },
      { line: 'nft -t list ruleset inet', exitCode: 0, stdout: LISTING },
      { line: 'nft flush chain inet t c', exitCode: 0 },
      {
        line: 'nft -t list ruleset inet',
        exitCode: 0,
        stdout: LISTING.replace('\t\tip saddr @c4 drop\n\t\tip6 saddr @c6 drop\n', ''),
      },
      { line: 'nft add rule inet t c ip saddr @c4 drop', exitCode: 0 },
      { line: 'nft add rule inet t c ip saddr @c4 drop', exitCode: 0 },
      {
        line: 'nft -t list ruleset inet',
        exitCode: 0,
        stdout: LISTING.replace('ip6 saddr @c6', 'ip saddr @c4'),
      },
      {
        line: 'nft add rule inet t c ip saddr @nosuch drop',
        exitCode: 1,
        stderr: 'Error: No such file or directory',
      },
      {
        line: 'nft add rule inet t nosuch ip saddr @c4 drop',
        exitCode: 1,
        stderr: 'Error: Could not process rule: No such file or directory',
      },
      {
        line: PIPE,
        stdin: 'add chain inet t c { type filter hook prerouting priority 0; policy accept; }\n',
        exitCode: 1,
        stderr: '/dev/stdin:1:1-78: Error: Could not process rule: Operation not supported',
      },
      {
        line: PIPE,
        stdin:
          'add chain inet t c\ndelete chain inet t c\nadd chain inet t c { type filter hook prerouting priority 0; policy accept; }\nadd rule inet t c ip saddr @c4 drop\nadd rule inet t c ip6 saddr @c6 drop\n',
        exitCode: 0,
      },
      {
        line: 'nft -t list ruleset inet',
        exitCode: 0,
        stdout: LISTING.replace('priority raw', 'priority filter'),
      },
      { line: 'nft delete table inet t', exitCode: 0 },
    ],
  },
];

const RATE = 'limit rate over 3/second burst 5 packets';
const LIMITED = SET_UP.replaceAll(' counter;', ` ${RATE};`).replaceAll(' drop', ' counter drop');
const LISTED_LIMIT = LISTING.replaceAll('\t\tcounter', '\t\tlimit rate over 3/second').replaceAll(
  ' drop',
  ' counter packets 0 bytes 0 drop',
);

const limits: Story = {
  title: 'elements with a limit of their own',
  facts: [
    { line: PIPE, stdin: LIMITED, exitCode: 0, stdout: '' },
    { line: PIPE, stdin: LIMITED, exitCode: 0, stdout: '' },
    {
      line: PIPE,
      stdin: `create element inet t c4 { 192.0.2.1 ${RATE} timeout 60s }\n${LISTED}`,
      exitCode: 0,
      stdout: LISTED_LIMIT,
    },
    {
      line: PIPE,
      stdin: `create element inet t c4 { 192.0.2.1 ${RATE} timeout 60s }\n${LISTED}`,
      exitCode: 1,
      stdout: LISTED_LIMIT,
      stderr: '/dev/stdin:1:28-36: Error: Could not process rule: File exists',
    },
    {
      line: PIPE,
      stdin:
        'add element inet t c4 { 192.0.2.1 }\ndelete element inet t c4 { 192.0.2.1 }\nadd element inet t c4 { 192.0.2.1 limit rate over 600/minute burst 7 packets timeout 9s }\nlist ruleset inet\n',
      exitCode: 0,
      stdout: LISTED_LIMIT,
    },
    { line: PIPE, stdin: `create element inet t c6 { 2001:db8::1 ${RATE} }\n`, exitCode: 0 },
    {
      line: PIPE,
      stdin: `create element inet t c4 { 192.0.2.2 ${RATE} timeout 100000000s }\n`,
      exitCode: 1,
      stderr: '/dev/stdin:1:87-96: Error: value too large',
    },
    { line: 'nft delete element inet t c4 {~192.0.2.1~}', exitCode: 0, stdout: '' },
    { line: 'nft create element inet t c4 {~192.0.2.1~timeout~60s~}', exitCode: 0 },
    {
      line: PIPE,
      stdin: `add set inet t d4 { type ipv4_addr; size 9; flags timeout; counter; }\n`,
      exitCode: 0,
    },
    {
      line: PIPE,
      stdin: `create element inet t d4 { 192.0.2.1 ${RATE} }\n`,
      exitCode: 1,
      stderr:
        '/dev/stdin:1:38-77: Error: statement mismatch, element expects limit, but set has type counter',
    },
    {
      line: PIPE,
      stdin: `add set inet t e4 { type ipv4_addr; size 9; flags timeout; }\n`,
      exitCode: 0,
    },
    {
      line: PIPE,
      stdin: `create element inet t e4 { 192.0.2.1 ${RATE} }\n`,
      exitCode: 1,
      stderr: '/dev/stdin:1:38-77: Error: missing statement in set declaration',
    },
  ],
};

const CREATE = 'ipset -exist create s hash:ip family inet maxelem 1 timeout 0';
const NO_SET = 'ipset v7.17: The set with the given name does not exist';

const ipset: readonly Story[] = [
  {
    title: 'sets and members',
    facts: [
      { line: 'ipset add s 192.0.2.1 timeout 60', exitCode: 1, stderr: NO_SET },
      { line: 'ipset -exist add s 192.0.2.1 timeout 60', exitCode: 1, stderr: NO_SET },
      { line: 'ipset del s 192.0.2.1', exitCode: 1, stderr: NO_SET },
      { line: `${CREATE} counters`, exitCode: 0 },
      { line: `${CREATE} counters`, exitCode: 0 },
      {
        line: CREATE,
        exitCode: 1,
        stderr: 'ipset v7.17: Set cannot be created: set with the same name already exists',
      },
      { line: 'ipset add s 192.0.2.1 timeout 60', exitCode: 0 },
      {
        line: 'ipset add s 192.0.2.1 timeout 60',
        exitCode: 1,
        stderr: "ipset v7.17: Element cannot be added to the set: it's already added",
      },
      { line: 'ipset -exist add s 192.0.2.1 timeout 90', exitCode: 0 },
      { line: 'ipset -exist add s 192.0.2.1 timeout 0', exitCode: 0 },
      {
        line: 'ipset add s 2001:db8::1 timeout 60',
        exitCode: 1,
        stderr:
          'ipset v7.17: Syntax error: cannot parse 2001:db8::1: resolving to IPv4 address failed',
      },
      {
        line: 'ipset add s 192.0.2.9 timeout 2147484',
        exitCode: 1,
        stderr: "ipset v7.17: Syntax error: '2147484' is out of range 0-2147483",
      },
      {
        line: 'ipset add s 192.0.2.2 timeout 60',
        exitCode: 1,
        stderr: 'ipset v7.17: Hash is full, cannot add more elements',
      },
      { line: 'ipset del s 192.0.2.1', exitCode: 0 },
      {
        line: 'ipset del s 192.0.2.1',
        exitCode: 1,
        stderr: "ipset v7.17: Element cannot be deleted from the set: it's not added",
      },
      { line: 'ipset frobnicate', exitCode: 2 },
    ],
  },
];

const ipsetTimes: Story = {
  title: 'ipset times that pass, and are moved',
  facts: [
    { line: 'ipset create s hash:ip family inet maxelem 9 timeout 0', exitCode: 0 },
    ...['1', '2', '3'].map((last) => ({
      line: `ipset add s 192.0.2.${last} timeout 1`,
      exitCode: 0,
    })),
    { line: 'ipset add s 192.0.2.4 timeout 99', exitCode: 0 },
    { line: 'ipset add s 192.0.2.5 timeout 0', exitCode: 0 },
    { line: 'ipset -exist add s 192.0.2.2 timeout 99', exitCode: 0 },
    { line: 'ipset -exist add s 192.0.2.3 timeout 0', exitCode: 0 },
    { line: 'ipset -exist add s 192.0.2.4 timeout 1', exitCode: 0 },
    { line: 'ipset -exist add s 192.0.2.5 timeout 1', exitCode: 0 },
    { line: 'sleep 2', exitCode: 0 },
    ...[1, 0, 0, 1, 1].map((exitCode, index) => ({
      line: `ipset del s 192.0.2.${index + 1}`,
      exitCode,
    })),
  ],
};

const BAD_RULE = 'Bad rule (does a matching rule exist in that chain?).';

const xtables = (tool: string, own: string, other: string): Story => {
  const says = (text: string) => `${tool} v1.8.9 (nf_tables): ${text}`;
  const rule = (verb: string, address = own) =>
    `${tool} -w 5 ${verb} INPUT -s ${address} -m comment --comment riposte~x -j DROP`;
  const bySet = (verb: string, set: string) =>
    `${tool} -w 5 -t raw ${verb} PREROUTING -m set --match-set ${set} src -m comment --comment riposte~x -j DROP`;
  const [family, alien] = tool === 'iptables' ? ['inet', 'inet6'] : ['inet6', 'inet'];
  return {
    title: tool,
    facts: [
      { line: rule('-C'), exitCode: 1, stderr: `${tool}: ${BAD_RULE}` },
      { line: rule('-D'), exitCode: 1, stderr: `${tool}: ${BAD_RULE}` },
      { line: rule('-I'), exitCode: 0 },
      { line: rule('-I'), exitCode: 0 },
      { line: rule('-C'), exitCode: 0 },
      { line: `${tool} -w 5 -C INPUT -s ${own} -j DROP`, exitCode: 1 },
      { line: `${tool} -w 5 -C FORWARD -s ${own} -j DROP`, exitCode: 1 },
      { line: rule('-D'), exitCode: 0 },
      { line: rule('-C'), exitCode: 0 },
      { line: rule('-D'), exitCode: 0 },
      { line: rule('-D'), exitCode: 1, stderr: `${tool}: ${BAD_RULE}` },
      {
        line: rule('-I', other),
        exitCode: 2,
        stderr: says(`host/network \`${other}' not found`),
      },
      { line: `${tool} -w 5 -I NOSUCH -s ${own} -j DROP`, exitCode: 1 },
      {
        line: `${tool} -w 5 --frobnicate`,
        exitCode: 2,
        stderr: says('unknown option "--frobnicate"'),
      },
      { line: bySet('-C', 's'), exitCode: 2, stderr: says("Set s doesn't exist.") },
      { line: bySet('-I', 's'), exitCode: 2, stderr: says("Set s doesn't exist.") },
      { line: `ipset create s hash:ip family ${family} maxelem 9 timeout 0`, exitCode: 0 },
      { line: `ipset create a hash:ip family ${alien} maxelem 9 timeout 0`, exitCode: 0 },
      { line: bySet('-C', 's'), exitCode: 1, stderr: `${tool}: ${BAD_RULE}` },
      { line: bySet('-I', 's'), exitCode: 0 },
      { line: bySet('-C', 's'), exitCode: 0 },
      { line: bySet('-C', 'a'), exitCode: 2 },
      { line: bySet('-D', 's'), exitCode: 0 },
      { line: bySet('-C', 's'), exitCode: 1 },
    ],
  };
};

const routes = (digits: '4' | '6', prefix: string): Story => {
  const line = `ip -${digits} -batch -`;
  const route = (verb: string, metric: number) =>
    `route ${verb} blackhole ${prefix} table 182 metric ${metric}\n`;
  const SHOW = 'rule show priority 182\n';
  const RULE = '182:\tfrom all lookup 182\n';
  const exists = { exitCode: 1, stderr: 'RTNETLINK answers: File exists' };
  const gone = { exitCode: 1, stderr: 'RTNETLINK answers: No such process' };
  return {
    title: `ip -${digits}`,
    facts: [
      { line, stdin: route('del', 1), exitCode: 1, stderr: 'Error: FIB table does not exist.' },
      { line, stdin: `${SHOW}${route('add', 1)}`, exitCode: 0, stdout: '' },
      { line, stdin: 'rule add priority 182 lookup 182\n', exitCode: 0 },
      { line, stdin: 'rule add priority 182 lookup 182\n', ...exists },
      { line, stdin: `${SHOW}${route('add', 1)}`, stdout: RULE, ...exists },
      { line, stdin: `${SHOW}${route('add', 2)}`, exitCode: 0, stdout: RULE },
      { line, stdin: SHOW, exitCode: 0, stdout: RULE },
      { line, stdin: route('del', 1), exitCode: 0, stdout: '' },
      { line, stdin: route('del', 1), ...gone },
      { line, stdin: route('del', 2), exitCode: 0 },
      { line, stdin: route('del', 2), ...gone },
      { line: `ip -${digits} rule del priority 182 lookup 182`, exitCode: 0 },
      {
        line: `ip -${digits} rule del priority 182 lookup 182`,
        exitCode: 2,
        stderr: 'RTNETLINK answers: No such file or directory',
      },
    ],
  };
};

const hostRoutes = (family: 4 | 6): Story => {
  const [to, way] = family === 4 ? ['-host 192.0.2.1', 'reject'] : ['2001:db8::1/128', 'dev lo'];
  const tool = family === 4 ? 'route' : 'route -A inet6';
  const change = (verb: string, metric: number) => `${tool} ${verb} ${to} metric ${metric} ${way}`;
  const exists = { exitCode: 7, stderr: 'SIOCADDRT: File exists' };
  const gone = { exitCode: 7, stderr: 'SIOCDELRT: No such process' };
  const head =
    family === 4
      ? 'Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n'
      : 'Kernel IPv6 routing table\nDestination                    Next Hop                   Flag Met Ref  Use If\n';
  const line = (metric: number) =>
    family === 4
      ? `192.0.2.1       -               255.255.255.255 !H    ${metric}    -        0 -\n`
      : `2001:db8::1/128                ::                         !n   ${metric} 1      0 lo\n`;
  const none = '::/0                           ::                         !n   -1  1      0 lo\n';
  const own = '::1/128                        ::                         Un   0   2      0 lo\n';
  const tail = family === 4 ? '' : `${none}${own}${none}`;
  const shown = (...metrics: number[]) => ({
    line: `${tool} -n`,
    exitCode: 0,
    stdout: `${head}${metrics.map(line).join('')}${tail}`,
  });
  return {
    title: `${tool} for IPv${family}`,
    facts: [
      { line: change('del', 777), ...gone },
      { line: change('add', 778), exitCode: 0, stdout: '' },
      { line: change('add', 778), ...exists },
      { line: change('add', 777), exitCode: 0, stdout: '' },
      shown(777, 778),
      { line: change('del', 779), ...gone },
      { line: change('del', 777), exitCode: 0, stdout: '' },
      { line: change('del', 777), ...gone },
      shown(778),
      { line: change('del', 778), exitCode: 0 },
      shown(),
      { line: 'route frobnicate', exitCode: 3 },
      {
        line: 'route add -host 2001:db8::1 metric 777 reject',
        exitCode: 6,
        stderr: '2001:db8::1: Unknown host',
      },
      {
        line: 'route -A inet6 add 192.0.2.1/128 metric 777 dev lo',
        exitCode: 1,
        stderr: 'getaddrinfo: 192.0.2.1: -9',
      },
      {
        line: 'route -A inet6 add 2001:db8::1/128 metric 777 reject',
        exitCode: 7,
        stderr: 'SIOGIFINDEX: No such device',
      },
    ],
  };
};

const otherRoutes: Story = {
  title: 'route beside a route of somebody else’s',
  facts: [
    { line: 'route add -host 192.0.2.1 metric 777 dev lo', exitCode: 0 },
    { line: 'route del -host 192.0.2.1 metric 777 reject', exitCode: 7 },
    { line: 'route add -host 192.0.2.1 metric 777 reject', exitCode: 0 },
    { line: 'route add -host 192.0.2.1 metric 32766 dev lo', exitCode: 0 },
    {
      line: 'route -n',
      exitCode: 0,
      stdout: [
        'Kernel IP routing table',
        'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface',
        '192.0.2.1       -               255.255.255.255 !H    777    -        0 -',
        '192.0.2.1       0.0.0.0         255.255.255.255 UH    777    0        0 lo',
        '192.0.2.1       0.0.0.0         255.255.255.255 UH    32766  0        0 lo',
        '',
      ].join('\n'),
    },
    { line: 'route del -host 192.0.2.1 metric 777 reject', exitCode: 0 },
    { line: 'route del -host 192.0.2.1 metric 777 dev lo', exitCode: 0 },
    { line: 'route del -host 192.0.2.1 metric 32766 dev lo', exitCode: 0 },
  ],
};

/** What the model's tools are held to: each story is told to the model and to the real tools. */
export const STORIES: readonly Story[] = [
  ...nft,
  limits,
  ...ipset,
  ipsetTimes,
  xtables('iptables', '192.0.2.1', '2001:db8::1'),
  xtables('ip6tables', '2001:db8::1', '192.0.2.1'),
  routes('4', '192.0.2.1/32'),
  routes('6', '2001:db8::1/128'),
  hostRoutes(4),
  hostRoutes(6),
  otherRoutes,
];
