/*
 * A service that stands for the agent's: `service.exe NAME`. Its folder is C:\service. Every start and stop is a line
 * in `log`. When a file `request` appears there, its first line is a command line and its second a message; the program
 * is started with pipes as execd does, in the home that the third line names, and told the message. What it prints and
 * how it ends is logged, if the service lives to see it.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, 0, SERVICE_ACCEPT_STOP, 0, 0, 0, 0};
static SERVICE_STATUS_HANDLE handle;
static HANDLE stopping;
static wchar_t *name;

static void note(const char *what, DWORD number) {
  char line[256];
  DWORD written;
  HANDLE file = CreateFileW(L"C:\\service\\log", FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  int size = snprintf(line, sizeof line, "%s %lu\n", what, number);
  WriteFile(file, line, (DWORD)size, &written, NULL);
  CloseHandle(file);
}

static void tell(DWORD state) {
  status.dwCurrentState = state;
  SetServiceStatus(handle, &status);
}

static void WINAPI control(DWORD code) {
  if (code != SERVICE_CONTROL_STOP) return;
  note("stopping", GetCurrentProcessId());
  tell(SERVICE_STOP_PENDING);
  SetEvent(stopping);
}

static char *take_request(void) {
  FILE *file;
  char *text;
  size_t size;
  if (!MoveFileW(L"C:\\service\\request", L"C:\\service\\taken")) return NULL;
  text = calloc(1, 131072);
  file = _wfopen(L"C:\\service\\taken", L"rb");
  size = fread(text, 1, 131071, file);
  text[size] = 0;
  fclose(file);
  DeleteFileW(L"C:\\service\\taken");
  return text;
}

static void run(char *request) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  STARTUPINFOA start = {sizeof start};
  PROCESS_INFORMATION program;
  HANDLE to_program, from_program;
  char byte, *line = strtok(request, "\n"), *message = strtok(NULL, "\n"), *home = strtok(NULL, "\n");
  DWORD size, code;
  start.dwFlags = STARTF_USESTDHANDLES;
  CreatePipe(&start.hStdInput, &to_program, &inherited, 0);
  CreatePipe(&from_program, &start.hStdOutput, &inherited, 0);
  SetHandleInformation(to_program, HANDLE_FLAG_INHERIT, 0);
  SetHandleInformation(from_program, HANDLE_FLAG_INHERIT, 0);
  if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, home, &start, &program)) {
    note("failed", GetLastError());
    return;
  }
  CloseHandle(start.hStdInput);
  CloseHandle(start.hStdOutput);
  note("program", program.dwProcessId);
  WriteFile(to_program, message, (DWORD)strlen(message), &size, NULL);
  WriteFile(to_program, "\n", 1, &size, NULL);
  for (code = 0; ReadFile(from_program, &byte, 1, &size, NULL) && size > 0;) code++;
  note("printed", code);
  CloseHandle(to_program);
  WaitForSingleObject(program.hProcess, INFINITE);
  GetExitCodeProcess(program.hProcess, &code);
  note("ended", code);
}

static DWORD WINAPI serve(void *unused) {
  (void)unused;
  while (WaitForSingleObject(stopping, 50) == WAIT_TIMEOUT) {
    char *request = take_request();
    if (request) run(request);
  }
  return 0;
}

static void WINAPI service(DWORD argc, wchar_t **argv) {
  (void)argc, (void)argv;
  handle = RegisterServiceCtrlHandlerW(name, control);
  stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
  note("started", GetCurrentProcessId());
  CreateThread(NULL, 0, serve, NULL, 0, NULL);
  tell(SERVICE_RUNNING);
  WaitForSingleObject(stopping, INFINITE);
  note("stopped", GetCurrentProcessId());
  tell(SERVICE_STOPPED);
}

int wmain(int argc, wchar_t **argv) {
  SERVICE_TABLE_ENTRYW table[] = {{NULL, service}, {NULL, NULL}};
  if (argc != 2) return 2;
  table[0].lpServiceName = name = argv[1];
  return StartServiceCtrlDispatcherW(table) ? 0 : (int)GetLastError();
}
