import { BuildError } from '../failure.ts';

const securityDirectory = 4;

interface Layout {
  readonly checksum: number;
  /** Where the entry of the security directory is: a file offset and a size, four bytes each. */
  readonly security: number;
}

/** The Authenticode signature of a Windows executable, if it has one. */
export function authenticode(
  file: Buffer,
): { readonly offset: number; readonly size: number } | undefined {
  const { security } = layout(file);
  const size = file.readUInt32LE(security + 4);
  return size === 0 ? undefined : { offset: file.readUInt32LE(security), size };
}

/**
 * A copy of a Windows executable without its Authenticode signature.
 *
 * A signature that no longer fits is worse than none: scanners report such a file as tampered with.
 */
export function removeAuthenticode(file: Buffer): Buffer {
  const signature = authenticode(file);
  if (signature && signature.offset + signature.size !== file.length) {
    throw new BuildError(
      'The Windows executable has data after its signature; it was not changed.',
    );
  }
  const copy = Buffer.from(file.subarray(0, signature?.offset));
  const { checksum, security } = layout(copy);
  copy.fill(0, security, security + 8);
  // Only drivers are held to their checksum; zero says that there is none.
  copy.writeUInt32LE(0, checksum);
  return copy;
}

function layout(file: Buffer): Layout {
  const header = file.length > 0x40 ? file.readUInt32LE(0x3c) : file.length;
  if (
    file.toString('latin1', 0, 2) !== 'MZ' ||
    header + 24 > file.length ||
    file.toString('latin1', header, header + 4) !== 'PE\0\0'
  ) {
    throw new BuildError('This is not a Windows executable.');
  }
  const optional = header + 24;
  const wide = file.readUInt16LE(optional) === 0x20b;
  const directories = optional + (wide ? 112 : 96);
  if (file.readUInt32LE(directories - 4) <= securityDirectory) {
    throw new BuildError('The Windows executable has no entry for a signature.');
  }
  return { checksum: optional + 64, security: directories + 8 * securityDirectory };
}
