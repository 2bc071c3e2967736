/*
 * Holds a file open as other programs of Windows do, sharing it or not: `hold.exe FILE SHARE`, where SHARE is made of
 * the letters r, w and d. It says `held` and keeps the file until its standard input ends.
 */
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv) {
  DWORD share = 0, size;
  HANDLE file;
  char byte;
  if (argc != 3) return 2;
  if (wcschr(argv[2], L'r')) share |= FILE_SHARE_READ;
  if (wcschr(argv[2], L'w')) share |= FILE_SHARE_WRITE;
  if (wcschr(argv[2], L'd')) share |= FILE_SHARE_DELETE;
  file = CreateFileW(argv[1], GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE) {
    printf("error %lu\n", GetLastError());
    return 1;
  }
  printf("held\n");
  fflush(stdout);
  while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &size, NULL) && size > 0) continue;
  return 0;
}
