import { field, magic, pageHash, pages, scheme } from './code-directory.ts';
import { readMachO } from './macho.ts';

/** What a signature says, and whether the file agrees. */
export interface Verdict {
  readonly identifier: string;
  readonly flags: number;
  /** How many pages were compared. */
  readonly pages: number;
  /** Everything that is wrong; empty when the signature fits. */
  readonly faults: readonly string[];
}

/** Computes every page's digest again and compares it with the signature of a Mach-O file. */
export function verifySignature(file: Buffer): Verdict {
  const { signature, linkedit } = readMachO(file);
  if (!signature) return fault('there is no signature');
  const faults: string[] = [];
  if (signature.offset + signature.size !== file.length) faults.push('data after the signature');
  if (linkedit.offset + linkedit.size !== file.length) faults.push('__LINKEDIT ends elsewhere');
  if (file.readUInt32BE(signature.offset) !== magic.superBlob) return fault('not a signature');

  const at = directoryAt(file, signature.offset);
  if (at === undefined) return fault('no code directory');
  const directory = file.subarray(at, at + file.readUInt32BE(at + field.length));
  const word = (position: number) => directory.readUInt32BE(position);
  const byte = (position: number) => directory.readUInt8(position);
  if (
    byte(field.hashKind) !== scheme.sha256 ||
    byte(field.hashBytes) !== scheme.hashBytes ||
    byte(field.pageShift) !== scheme.pageShift
  ) {
    return fault('not sha256 over pages of 4 KiB');
  }

  const limit = word(field.codeLimit);
  if (limit !== signature.offset) faults.push('it does not cover everything before it');
  const count = word(field.slots);
  if (count !== pages(limit)) faults.push(`${count} pages listed, ${pages(limit)} in the file`);
  const code = file.subarray(0, limit);
  for (let page = 0; page < count; page += 1) {
    const start = word(field.hashes) + page * scheme.hashBytes;
    if (!pageHash(code, page).equals(directory.subarray(start, start + scheme.hashBytes))) {
      faults.push(`page ${page} differs`);
    }
  }
  const name = word(field.identifier);
  return {
    identifier: directory.toString('utf8', name, directory.indexOf(0, name)),
    flags: word(field.flags),
    pages: count,
    faults,
  };
}

function fault(text: string): Verdict {
  return { identifier: '', flags: 0, pages: 0, faults: [text] };
}

function directoryAt(file: Buffer, blob: number): number | undefined {
  const count = file.readUInt32BE(blob + 8);
  for (let index = 0; index < count; index += 1) {
    const at = blob + file.readUInt32BE(blob + 12 + index * 8 + 4);
    if (file.readUInt32BE(at) === magic.codeDirectory) return at;
  }
  return undefined;
}
