import type { Fact, Story } from './facts.ts';

const NAME = 'org.fedoraproject.FirewallD1';
const call = (words: string) =>
  `busctl --auto-start=no call ${NAME} /org/fedoraproject/FirewallD1 ${NAME}${words}`;

const rule = (address: string, priority = -30_000) =>
  `rule priority="${priority}" family="ipv${address.includes(':') ? 6 : 4}" source address="${address}" drop`;
const word = (text: string) => text.replaceAll(' ', '~');
const listed = (text: string) => `"${text.replaceAll('"', '\\"')}"`;

const V4 = rule('192.0.2.1');
const V6 = rule('2001:db8::1', -29_999);
const BAD = rule('2001:db8::1').replace('ipv6', 'ipv4');

const add = (zone: string, text: string, seconds = 0) =>
  call(`.zone addRichRule ssi ${zone} ${word(text)} ${seconds}`);
const remove = (zone: string, text: string) =>
  call(`.zone removeRichRule ss ${zone} ${word(text)}`);
const cmd = (zone: string, words: string) => `firewall-cmd --zone=${zone} ${words}`;

const done = (line: string, said: string): Fact => ({
  line,
  exitCode: 0,
  stdout: `${said}\n`,
  stderr: '',
});
const refused = (line: string, exitCode: number, stderr: string): Fact => ({
  line,
  exitCode,
  stdout: '',
  stderr,
});
/** What firewall-cmd does when nothing has to be done. */
const idle = (line: string, stderr: string): Fact => ({
  line,
  exitCode: 0,
  stdout: 'success\n',
  stderr,
});

/** What firewalld 1.3 answers by both of its tools. */
export const FIREWALLD: Story = {
  title: 'firewalld',
  facts: [
    done(call(' getDefaultZone'), 's "public"'),
    done(call('.zone getActiveZones'), 'a{sa{sas}} 0'),
    done(
      call('.zone getZones'),
      'as 9 "block" "dmz" "drop" "external" "home" "internal" "public" "trusted" "work"',
    ),
    done('firewall-cmd --get-default-zone', 'public'),
    done('firewall-cmd --get-active-zones', ''),
    done(cmd('internal', '--change-interface=test0'), 'success'),
    done(call('.zone getActiveZones'), 'a{sa{sas}} 1 "internal" 1 "interfaces" 1 "test0"'),
    done('firewall-cmd --get-active-zones', 'internal\n  interfaces: test0'),

    done(add('public', V4), 's "public"'),
    refused(add('public', V4), 1, `Call failed: ALREADY_ENABLED: '${V4}' already in 'public'`),
    done(add('internal', V6, 4_294_967), 's "internal"'),
    done(call('.zone getRichRules s public'), `as 1 ${listed(V4)}`),
    done(call('.zone getRichRules s internal'), `as 1 ${listed(V6)}`),
    done(call('.zone getRichRules s dmz'), 'as 0'),
    done(remove('public', V4), 's "public"'),
    refused(remove('public', V4), 1, `Call failed: NOT_ENABLED: '${V4}' not in 'public'`),
    refused(add('nosuch', V4), 1, 'Call failed: INVALID_ZONE: nosuch'),
    refused(call('.zone getRichRules s nosuch'), 1, 'Call failed: INVALID_ZONE: nosuch'),
    refused(add('public', BAD), 1, 'Call failed: INVALID_ADDR: 2001:db8::1'),

    done(cmd('public', `--add-rich-rule=${word(V4)} --timeout=600`), 'success'),
    idle(
      cmd('public', `--add-rich-rule=${word(V4)}`),
      `Warning: ALREADY_ENABLED: '${V4}' already in 'public'`,
    ),
    done(cmd('public', `--remove-rich-rule=${word(V4)}`), 'success'),
    idle(
      cmd('public', `--remove-rich-rule=${word(V4)}`),
      `Warning: NOT_ENABLED: '${V4}' not in 'public'`,
    ),
    refused(cmd('nosuch', `--add-rich-rule=${word(V4)}`), 112, 'Error: INVALID_ZONE: nosuch'),
    refused(cmd('public', `--add-rich-rule=${word(BAD)}`), 105, 'Error: INVALID_ADDR: 2001:db8::1'),

    // A rule of a clock is gone when it strikes; one that was taken away stops its clock.
    done(add('public', V4, 1), 's "public"'),
    done(add('public', V6, 1), 's "public"'),
    done(remove('public', V6), 's "public"'),
    done(add('public', V6), 's "public"'),
    { line: 'sleep 2', exitCode: 0 },
    done(call('.zone getRichRules s public'), `as 1 ${listed(V6)}`),

    done('firewall-cmd --reload', 'success'),
    done(call('.zone getRichRules s public'), 'as 0'),
    done(call('.zone getRichRules s internal'), 'as 0'),

    { line: 'ss -H -n -t -K dst 192.0.2.1', exitCode: 0, stdout: '' },
    { line: 'ss -H -n -t -K dst [2001:db8::1]', exitCode: 0, stdout: '' },
    { line: 'ss -H -n -t state established dst 192.0.2.1', exitCode: 0, stdout: '' },
    ...(['4', '6'] as const).map((family) => ({
      line: `conntrack -D -f ipv${family} -s ${family === '4' ? '192.0.2.1' : '2001:db8::1'}`,
      exitCode: 1,
      stdout: '',
      stderr: 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.',
    })),
  ],
};
