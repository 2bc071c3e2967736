import { describe, expect, test } from 'vitest';
import { authenticode, removeAuthenticode } from '../../build/formats/pe.ts';

const header = 0x80;
const optional = header + 24;
const checksum = optional + 64;
const security = optional + 112 + 8 * 4;

/** A 64-bit Windows executable as far as its headers go. */
function executable(signature: Buffer = Buffer.alloc(0), directories = 16): Buffer {
  const file = Buffer.alloc(0x400, 0xaa);
  file.write('MZ', 0);
  file.writeUInt32LE(header, 0x3c);
  file.write('PE\0\0', header, 'latin1');
  file.writeUInt16LE(0x20b, optional);
  file.writeUInt32LE(0x1234, checksum);
  file.writeUInt32LE(directories, optional + 108);
  file.writeUInt32LE(signature.length === 0 ? 0 : file.length, security);
  file.writeUInt32LE(signature.length, security + 4);
  return Buffer.concat([file, signature]);
}

describe('the signature of a Windows executable', () => {
  test('is found and taken away, with the checksum that counted it', () => {
    const signed = executable(Buffer.alloc(64, 7));
    expect(authenticode(signed)).toEqual({ offset: 0x400, size: 64 });
    const plain = removeAuthenticode(signed);
    expect(authenticode(plain)).toBeUndefined();
    expect(plain.length).toBe(0x400);
    expect(plain.readUInt32LE(checksum)).toBe(0);
    // Everything else is as it was, and so is the file that was given.
    expect(plain.subarray(security + 8).equals(signed.subarray(security + 8, 0x400))).toBe(true);
    expect(authenticode(signed)).toBeDefined();
  });

  test('may be absent', () => {
    expect(removeAuthenticode(executable()).length).toBe(0x400);
  });

  test('is not cut off together with what follows it', () => {
    const file = Buffer.concat([executable(Buffer.alloc(64, 7)), Buffer.from('more')]);
    expect(() => removeAuthenticode(file)).toThrow(/data after its signature/);
  });

  test.each([
    ['another format', Buffer.from('\x7fELF'.padEnd(0x400, '\0')), /not a Windows executable/],
    ['a text', Buffer.from('MZ'), /not a Windows executable/],
    ['a file without such an entry', executable(undefined, 4), /no entry for a signature/],
  ])('is not looked for in %s', (_, file, reason) => {
    expect(() => removeAuthenticode(file)).toThrow(reason);
  });
});
