import { BuildError } from '../failure.ts';
import { codeDirectory, codeDirectoryBytes, magic } from './code-directory.ts';
import { header, readMachO, segment, signatureCommand } from './macho.ts';

const commandBytes = 16;
const superBlobBytes = 12;
const indexBytes = 8;
// arm64 maps memory in pages of this size; for Intel it is merely roomy.
const memoryPage = 0x4000;

/**
 * A copy of a Mach-O executable with an ad-hoc signature: without one a Mac with an Apple
 * processor ends the program before its first instruction.
 */
export function signAdHoc(file: Buffer, identifier: string): Buffer {
  const macho = readMachO(file);
  if (macho.signature) throw new BuildError('The Mach-O file is already signed.');
  if (macho.end + commandBytes > macho.firstContent) {
    throw new BuildError('The Mach-O file has no room for another load command.');
  }
  if (macho.linkedit.offset + macho.linkedit.size !== file.length) {
    throw new BuildError('The Mach-O file does not end with __LINKEDIT.');
  }

  const codeLimit = align(file.length, 16);
  const blobBytes = superBlobBytes + indexBytes + codeDirectoryBytes(identifier, codeLimit);
  const signatureBytes = align(blobBytes, 16);
  const out = Buffer.alloc(codeLimit + signatureBytes);
  file.copy(out);

  // The header is inside the pages that are hashed, so it is finished first.
  out.writeUInt32LE(signatureCommand, macho.end);
  out.writeUInt32LE(commandBytes, macho.end + 4);
  out.writeUInt32LE(codeLimit, macho.end + 8);
  out.writeUInt32LE(signatureBytes, macho.end + 12);
  out.writeUInt32LE(macho.commands + 1, header.commands);
  out.writeUInt32LE(macho.end + commandBytes - header.end, header.commandBytes);
  const linkedit = out.length - macho.linkedit.offset;
  const { command } = macho.linkedit;
  out.writeBigUInt64LE(BigInt(linkedit), command + segment.size);
  out.writeBigUInt64LE(BigInt(align(linkedit, memoryPage)), command + segment.memorySize);

  const directory = superBlobBytes + indexBytes;
  out.writeUInt32BE(magic.superBlob, codeLimit);
  out.writeUInt32BE(blobBytes, codeLimit + 4);
  out.writeUInt32BE(1, codeLimit + 8);
  out.writeUInt32BE(0, codeLimit + 12);
  out.writeUInt32BE(directory, codeLimit + 16);
  const { text } = macho;
  const code = out.subarray(0, codeLimit);
  codeDirectory({ identifier, code, text }).copy(out, codeLimit + directory);
  return out;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
