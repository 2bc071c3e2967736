import ipaddr from 'ipaddr.js';
import { plainAddress } from './addresses.ts';

/** Somebody who is logged in, as the system keeps book of it. */
export interface Login {
  readonly user: string;
  readonly pid: number;
  readonly address: string;
}

// A login of a person, in the kinds of records; and where the parts of a record are, in bytes.
const USER_PROCESS = 7;
const [PID, USER, HOST] = [4, 44, 76] as const;
const [USER_LENGTH, HOST_LENGTH] = [32, 256] as const;

/**
 * How a record is laid out: the C library keeps moments in 32 bits where programs of 32 bits run too,
 * and in 64 elsewhere.
 */
export interface Layout {
  readonly size: number;
  /** Where the address is. */
  readonly address: number;
}

/** By the processor: of those that we run on, 64-bit ARM is the one with the longer records. */
export const layoutOf = (architecture: string): Layout =>
  architecture === 'arm64' ? { size: 400, address: 360 } : { size: 384, address: 348 };

/** Who is logged in from elsewhere, by the records of `/run/utmp`. */
export function loginsIn(utmp: Uint8Array, { size, address }: Layout): readonly Login[] {
  const view = new DataView(utmp.buffer, utmp.byteOffset, utmp.byteLength);
  const found: Login[] = [];
  for (let start = 0; start + size <= utmp.length; start += size) {
    if (view.getInt16(start, true) !== USER_PROCESS) continue;
    const bytes = [...utmp.subarray(start + address, start + address + 16)];
    const from = addressIn(bytes) ?? plainAddress(textAt(utmp, start + HOST, HOST_LENGTH));
    if (from === undefined) continue;
    const user = textAt(utmp, start + USER, USER_LENGTH);
    found.push({ user, pid: view.getInt32(start + PID, true), address: from });
  }
  return found;
}

/** Sixteen bytes, of which an IPv4 address takes the first four. */
function addressIn(bytes: number[]): string | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const short = bytes.slice(4).every((byte) => byte === 0);
  return plainAddress(ipaddr.fromByteArray(short ? bytes.slice(0, 4) : bytes).toString());
}

const textAt = (bytes: Uint8Array, start: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(start, start + length)).replace(/\0.*$/s, '');

/** From where a process was started that `sshd` began, by its environment; nothing for any other. */
export function clientIn(environment: string): string | undefined {
  const [, client] = /(?:^|\0)SSH_CONNECTION=([^ \0]+) /.exec(environment) ?? [];
  return client === undefined ? undefined : plainAddress(client);
}
