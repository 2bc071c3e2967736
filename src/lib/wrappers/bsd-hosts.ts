import type { Circumstance } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { denial } from './hosts-deny.ts';
import { HOSTS_ALLOW, HOSTS_DENY, unmarked } from './hosts-file.ts';

// Not every `sed` of these systems takes the option by itself; with an end for a copy all do.
const EDITING = ['-i.bak'] as const;

/**
 * Keeps the address out of every service that asks TCP wrappers: by the one file of FreeBSD, and by
 * `/etc/hosts.deny` on NetBSD, and on OpenBSD and macOS, which have no TCP wrappers of their own.
 */
export const bsdHosts = (ip: Ip, circumstance: Circumstance): Backend =>
  circumstance.system === 'freebsd'
    ? denial(
        {
          name: 'hosts-allow',
          file: HOSTS_ALLOW,
          theirs: HOSTS_ALLOW.rule(ip),
          editing: EDITING,
          // The library is a part of the system, whoever asks it or not.
          caveat: 'for services that use TCP wrappers, as inetd -wW does, and not every sshd',
        },
        ip,
        circumstance,
      )
    : denial(
        {
          name: 'hosts-deny',
          file: HOSTS_DENY,
          theirs: unmarked(ip),
          editing: EDITING,
          caveat: 'for services that use TCP wrappers, unless hosts.allow lets it in',
        },
        ip,
        circumstance,
      );
