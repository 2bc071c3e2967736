/*
 * Starts a program as an agent's execd on Windows does, which no function of node can: the command line is one text;
 * standard error is no handle at all, and so is standard output on a delete; a legacy agent gives no handles. There is
 * no console either, which Windows would put in their place where it can.
 *
 *   execd.exe add|listen|delete|legacy DEADLINE COMMAND-LINE
 *
 * What comes on standard input goes to the program. On its end both pipes are closed and the program is waited for, as
 * after the answer; with `listen` its output is heard to the end. It ends with the program's code. A program that
 * outlives DEADLINE milliseconds is ended, and standard error says so.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static HANDLE to_program, from_program;
static BOOL listening;
static volatile LONG answered;

static void fail(const char *what) {
  fprintf(stderr, "execd: %s: error %lu\n", what, GetLastError());
  ExitProcess(253);
}

/* A pipe with one end that the program inherits; the other end stays here. */
static void make_pipe(HANDLE *theirs, HANDLE *ours, BOOL they_read) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  HANDLE reading, writing;
  if (!CreatePipe(&reading, &writing, &inherited, 0)) fail("CreatePipe");
  *theirs = they_read ? reading : writing;
  *ours = they_read ? writing : reading;
  SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

static void pump(HANDLE from, HANDLE to) {
  char bytes[65536];
  DWORD size, written;
  while (ReadFile(from, bytes, sizeof bytes, &size, NULL) && size > 0)
    if (!WriteFile(to, bytes, size, &written, NULL)) return;
}

static DWORD WINAPI tell(void *unused) {
  (void)unused;
  pump(GetStdHandle(STD_INPUT_HANDLE), to_program);
  CloseHandle(to_program);
  InterlockedExchange(&answered, 1);
  return 0;
}

/* Looks before it reads: a read that is under way would keep the handle from being closed. */
static DWORD WINAPI hear(void *unused) {
  DWORD waiting, size, written;
  char bytes[65536];
  (void)unused;
  while (PeekNamedPipe(from_program, NULL, 0, NULL, &waiting, NULL)) {
    if (waiting == 0) {
      if (answered && !listening) break;
      Sleep(1);
    } else if (ReadFile(from_program, bytes, sizeof bytes, &size, NULL)) {
      WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, size, &written, NULL);
    }
  }
  CloseHandle(from_program);
  return 0;
}

int wmain(int argc, wchar_t **argv) {
  STARTUPINFOW start = {sizeof start};
  PROCESS_INFORMATION program;
  HANDLE hearing = NULL;
  DWORD code;
  BOOL legacy, removing;
  if (argc != 4) return 253;
  legacy = wcscmp(argv[1], L"legacy") == 0;
  removing = wcscmp(argv[1], L"delete") == 0;
  listening = wcscmp(argv[1], L"listen") == 0;
  SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(GetStdHandle(STD_ERROR_HANDLE), HANDLE_FLAG_INHERIT, 0);
  if (!legacy) {
    start.dwFlags = STARTF_USESTDHANDLES;
    make_pipe(&start.hStdInput, &to_program, TRUE);
    if (!removing) make_pipe(&start.hStdOutput, &from_program, FALSE);
  } else {
    /* A service has none that could be handed on. */
    SetStdHandle(STD_INPUT_HANDLE, NULL);
    SetStdHandle(STD_OUTPUT_HANDLE, NULL);
    SetStdHandle(STD_ERROR_HANDLE, NULL);
  }
  if (!CreateProcessW(NULL, argv[3], NULL, NULL, !legacy, DETACHED_PROCESS, NULL, NULL, &start, &program))
    fail("CreateProcess");
  if (start.hStdInput) CloseHandle(start.hStdInput);
  if (start.hStdOutput) CloseHandle(start.hStdOutput);
  if (from_program) hearing = CreateThread(NULL, 0, hear, NULL, 0, NULL);
  if (to_program) CreateThread(NULL, 0, tell, NULL, 0, NULL);
  if (WaitForSingleObject(program.hProcess, wcstoul(argv[2], NULL, 10)) != WAIT_OBJECT_0) {
    fprintf(stderr, "execd: the program did not end in time and was ended\n");
    TerminateProcess(program.hProcess, 252);
    WaitForSingleObject(program.hProcess, INFINITE);
  }
  /* What a program leaves behind may hold its output open for ever. */
  if (hearing) WaitForSingleObject(hearing, 2000);
  GetExitCodeProcess(program.hProcess, &code);
  ExitProcess(code);
}
