import { BuildError } from '../failure.ts';

/** What the signing of a Mach-O file needs to know about it. */
export interface MachO {
  /** Where the next load command would go. */
  readonly end: number;
  readonly commands: number;
  /** Where the contents of the first section begin: load commands cannot grow past it. */
  readonly firstContent: number;
  readonly text: Segment;
  readonly linkedit: Segment;
  readonly signature: { readonly offset: number; readonly size: number } | undefined;
}

/** A part of the file that is mapped into memory. */
export interface Segment {
  /** Where its load command is. */
  readonly command: number;
  readonly offset: number;
  readonly size: number;
}

/** Positions in the file header. */
export const header = { commands: 16, commandBytes: 20, end: 32 } as const;

/** Positions in the load command of a segment. */
export const segment = { name: 8, memorySize: 32, offset: 40, size: 48, sections: 64, end: 72 };

/** The load command that says where the signature is. */
export const signatureCommand = 0x1d;

const segmentCommand = 0x19;
const sectionBytes = 80;
const sectionOffset = 48;

/** Reads the load commands of a 64-bit little-endian Mach-O executable for one machine type. */
export function readMachO(file: Buffer): MachO {
  if (file.length < header.end || file.readUInt32LE(0) !== 0xfeedfacf) {
    throw new BuildError('This is not a 64-bit Mach-O executable for one machine type.');
  }
  const commands = file.readUInt32LE(header.commands);
  const segments = new Map<string, Segment>();
  let firstContent = file.length;
  let signature: MachO['signature'];
  let at: number = header.end;
  for (let index = 0; index < commands; index += 1) {
    const kind = file.readUInt32LE(at);
    if (kind === segmentCommand) {
      segments.set(nameAt(file, at + segment.name), {
        command: at,
        offset: Number(file.readBigUInt64LE(at + segment.offset)),
        size: Number(file.readBigUInt64LE(at + segment.size)),
      });
      const count = file.readUInt32LE(at + segment.sections);
      for (let section = 0; section < count; section += 1) {
        const offset = file.readUInt32LE(at + segment.end + section * sectionBytes + sectionOffset);
        // Sections that are only memory, such as zeroed data, have no place in the file.
        if (offset !== 0) firstContent = Math.min(firstContent, offset);
      }
    } else if (kind === signatureCommand) {
      signature = { offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) };
    }
    at += file.readUInt32LE(at + 4);
  }
  const text = segments.get('__TEXT');
  const linkedit = segments.get('__LINKEDIT');
  if (!text || !linkedit) throw new BuildError('The Mach-O file lacks __TEXT or __LINKEDIT.');
  return { end: at, commands, firstContent, text, linkedit, signature };
}

function nameAt(file: Buffer, at: number): string {
  return file.toString('latin1', at, at + 16).replace(/\0.*$/s, '');
}
