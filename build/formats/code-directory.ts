import { hash } from 'node:crypto';

/** Values of the structures that a Mach-O signature consists of; their numbers are big-endian. */
export const magic = { superBlob: 0xfade0cc0, codeDirectory: 0xfade0c02 } as const;

/** Positions in a code directory of version 0x20400, and its size without what follows it. */
export const field = {
  length: 4,
  version: 8,
  flags: 12,
  hashes: 16,
  identifier: 20,
  specialSlots: 24,
  slots: 28,
  codeLimit: 32,
  hashBytes: 36,
  hashKind: 37,
  pageShift: 39,
  textOffset: 64,
  textSize: 72,
  textFlags: 80,
  end: 88,
} as const;

/** How Riposte signs: sha256 over pages of 4 KiB. */
export const scheme = { version: 0x20400, sha256: 2, hashBytes: 32, pageShift: 12 } as const;

/** Ad hoc (nobody vouches for it), made by a linker (so another signer may replace it). */
export const flags = 0x2 | 0x20000;

/** What a code directory is made for. */
export interface Signed {
  readonly identifier: string;
  /** Everything before the signature. */
  readonly code: Buffer;
  readonly text: { readonly offset: number; readonly size: number };
}

/** How many bytes a code directory takes. */
export function codeDirectoryBytes(identifier: string, codeBytes: number): number {
  return field.end + Buffer.byteLength(identifier) + 1 + pages(codeBytes) * scheme.hashBytes;
}

/** Lists the digest of every page of a program, with what the system wants to know besides. */
export function codeDirectory({ identifier, code, text }: Signed): Buffer {
  const out = Buffer.alloc(codeDirectoryBytes(identifier, code.length));
  const hashes = out.length - pages(code.length) * scheme.hashBytes;
  out.writeUInt32BE(magic.codeDirectory, 0);
  out.writeUInt32BE(out.length, field.length);
  out.writeUInt32BE(scheme.version, field.version);
  out.writeUInt32BE(flags, field.flags);
  out.writeUInt32BE(hashes, field.hashes);
  out.writeUInt32BE(field.end, field.identifier);
  out.writeUInt32BE(pages(code.length), field.slots);
  out.writeUInt32BE(code.length, field.codeLimit);
  out.writeUInt8(scheme.hashBytes, field.hashBytes);
  out.writeUInt8(scheme.sha256, field.hashKind);
  out.writeUInt8(scheme.pageShift, field.pageShift);
  out.writeBigUInt64BE(BigInt(text.offset), field.textOffset);
  out.writeBigUInt64BE(BigInt(text.size), field.textSize);
  // 1: this is a main program, not a library.
  out.writeBigUInt64BE(1n, field.textFlags);
  out.write(identifier, field.end);
  for (let page = 0; page < pages(code.length); page += 1) {
    pageHash(code, page).copy(out, hashes + page * scheme.hashBytes);
  }
  return out;
}

/** The digest of one page; the last may be short. */
export function pageHash(code: Buffer, page: number): Buffer {
  const start = page << scheme.pageShift;
  return hash('sha256', code.subarray(start, start + (1 << scheme.pageShift)), 'buffer');
}

/** How many pages a number of bytes fills. */
export function pages(bytes: number): number {
  return Math.ceil(bytes / (1 << scheme.pageShift));
}
