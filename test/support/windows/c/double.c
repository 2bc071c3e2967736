/*
 * A stand-in for one of Windows' tools. It tells the tests, over loopback TCP, exactly how it was called, and
 * does what they answer, so that everything it pretends to know is written in TypeScript.
 *
 * To the tests: one line of JSON, in ASCII. From them: lines of words with hexadecimal bytes, the last of which is
 * `exit`: `out BYTES`, `err BYTES`, `set KEY NAME VALUE` and `unset KEY NAME` (below HKEY_LOCAL_MACHINE), `exit CODE`.
 */
#include <winsock2.h>
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the tests write on which port they listen; its first word. */
#define PORT_FILE L"C:\\doubles\\port"
/* How it ends when nobody answers: no tool of Windows does. */
#define UNANSWERED 251

static char *text;
static size_t length, room;

static void put(const char *more) {
  size_t size = strlen(more);
  while (length + size + 1 > room) {
    room = room ? room * 2 : 65536;
    text = realloc(text, room);
    if (!text) exit(UNANSWERED);
  }
  memcpy(text + length, more, size + 1);
  length += size;
}

static void put_wide(const wchar_t *word) {
  char unit[8];
  put("\"");
  for (; *word; word++) {
    if (*word < 0x20 || *word > 0x7e || *word == L'"' || *word == L'\\')
      snprintf(unit, sizeof unit, "\\u%04x", (unsigned)*word);
    else
      snprintf(unit, sizeof unit, "%c", (char)*word);
    put(unit);
  }
  put("\"");
}

static void put_list(const char *name, int count, wchar_t **words) {
  put(",\"");
  put(name);
  put("\":[");
  for (int at = 0; at < count; at++) {
    if (at) put(",");
    put_wide(words[at]);
  }
  put("]");
}

static void put_environment(void) {
  wchar_t *all = GetEnvironmentStringsW();
  put(",\"environment\":[");
  for (wchar_t *one = all; *one; one += wcslen(one) + 1) {
    if (one != all) put(",");
    put_wide(one);
  }
  put("]");
  FreeEnvironmentStringsW(all);
}

/* What a caller gave on standard input, to its end; nothing where it is no pipe and no file. */
static void put_input(void) {
  HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
  DWORD type = in && in != INVALID_HANDLE_VALUE ? GetFileType(in) : FILE_TYPE_UNKNOWN;
  unsigned char bytes[4096];
  char unit[3];
  DWORD size;
  if (type != FILE_TYPE_PIPE && type != FILE_TYPE_DISK) return;
  put(",\"input\":\"");
  while (ReadFile(in, bytes, sizeof bytes, &size, NULL) && size > 0)
    for (DWORD at = 0; at < size; at++) {
      snprintf(unit, sizeof unit, "%02x", bytes[at]);
      put(unit);
    }
  put("\"");
}

static void describe(int argc, wchar_t **argv) {
  wchar_t place[32768];
  int count;
  wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
  GetModuleFileNameW(NULL, place, 32768);
  put("{\"file\":");
  put_wide(place);
  put(",\"line\":");
  put_wide(GetCommandLineW());
  put_list("argv", argc, argv);
  put_list("words", count, words);
  GetCurrentDirectoryW(32768, place);
  put(",\"cwd\":");
  put_wide(place);
  put_environment();
  put_input();
  put("}\n");
}

static int port(void) {
  char digits[16] = "";
  FILE *file = _wfopen(PORT_FILE, L"rb");
  if (!file) return 0;
  fread(digits, 1, sizeof digits - 1, file);
  fclose(file);
  return atoi(digits);
}

static SOCKET connected(void) {
  WSADATA data;
  struct sockaddr_in to = {0};
  SOCKET talk;
  WSAStartup(MAKEWORD(2, 2), &data);
  talk = socket(AF_INET, SOCK_STREAM, 0);
  to.sin_family = AF_INET;
  to.sin_port = htons((u_short)port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(talk, (struct sockaddr *)&to, sizeof to) != 0) return INVALID_SOCKET;
  return talk;
}

/* One line without its end, in memory of its own; nothing at the end of the conversation. */
static char *line_from(SOCKET talk) {
  size_t size = 0, space = 4096;
  char *line = malloc(space);
  while (recv(talk, line + size, 1, 0) == 1) {
    if (line[size] == '\n') {
      line[size] = 0;
      return line;
    }
    if (++size + 1 == space) line = realloc(line, space *= 2);
  }
  return NULL;
}

static int digit(char one) { return one <= '9' ? one - '0' : one - 'a' + 10; }

/* Bytes for hexadecimal digits, with a zero after them. */
static char *bytes_of(const char *hex, DWORD *size) {
  size_t count = hex ? strlen(hex) / 2 : 0;
  char *bytes = malloc(count + 1);
  for (size_t at = 0; at < count; at++)
    bytes[at] = (char)(digit(hex[at * 2]) * 16 + digit(hex[at * 2 + 1]));
  bytes[count] = 0;
  *size = (DWORD)count;
  return bytes;
}

static wchar_t *wide_of(const char *hex) {
  DWORD size;
  char *bytes = bytes_of(hex, &size);
  wchar_t *wide = calloc(size + 1, sizeof *wide);
  MultiByteToWideChar(CP_UTF8, 0, bytes, -1, wide, (int)size + 1);
  return wide;
}

static void print(DWORD stream, const char *hex) {
  DWORD size, written;
  char *bytes = bytes_of(hex, &size);
  WriteFile(GetStdHandle(stream), bytes, size, &written, NULL);
}

static void set(const char *key, const char *name, const char *value) {
  HKEY opened;
  const wchar_t *wide = wide_of(value);
  if (RegCreateKeyW(HKEY_LOCAL_MACHINE, wide_of(key), &opened) != ERROR_SUCCESS) exit(UNANSWERED);
  RegSetValueExW(opened, wide_of(name), 0, REG_SZ, (const BYTE *)wide,
                 (DWORD)((wcslen(wide) + 1) * sizeof *wide));
  RegCloseKey(opened);
}

static void unset(const char *key, const char *name) {
  HKEY opened;
  if (RegOpenKeyW(HKEY_LOCAL_MACHINE, wide_of(key), &opened) != ERROR_SUCCESS) return;
  RegDeleteValueW(opened, wide_of(name));
  RegCloseKey(opened);
}

int wmain(int argc, wchar_t **argv) {
  SOCKET talk;
  char *line;
  describe(argc, argv);
  talk = connected();
  if (talk == INVALID_SOCKET) {
    fprintf(stderr, "a double, and no test that listens\n");
    return UNANSWERED;
  }
  for (size_t sent = 0; sent < length;) {
    int size = send(talk, text + sent, (int)(length - sent), 0);
    if (size <= 0) return UNANSWERED;
    sent += (size_t)size;
  }
  while ((line = line_from(talk))) {
    char *what = strtok(line, " ");
    char *first = strtok(NULL, " "), *second = strtok(NULL, " "), *third = strtok(NULL, " ");
    if (!what) continue;
    if (strcmp(what, "out") == 0) print(STD_OUTPUT_HANDLE, first);
    if (strcmp(what, "err") == 0) print(STD_ERROR_HANDLE, first);
    if (strcmp(what, "set") == 0) set(first, second, third);
    if (strcmp(what, "unset") == 0) unset(first, second);
    if (strcmp(what, "exit") == 0) ExitProcess((UINT)strtoul(first, NULL, 10));
  }
  return UNANSWERED;
}
