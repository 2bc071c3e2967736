/*
 * A stand-in for the stock way of blocking: speaks the agent's JSON dialogue, then puts one rule into
 * INPUT and one into FORWARD, a process each, and does not look at their answers. Written for the
 * benchmark; it parses just enough for the benchmark's own messages.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self;

static void note(const char *text)
{
    char stamp[32];
    time_t now = time(NULL);
    FILE *log = fopen("logs/active-responses.log", "a");
    if (!log)
        return;
    strftime(stamp, sizeof stamp, "%Y/%m/%d %H:%M:%S", localtime(&now));
    fprintf(log, "%s %s: %s\n", stamp, self, text);
    fclose(log);
}

static int rule(const char *verb, const char *chain, const char *address)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("iptables", "iptables", verb, chain, "-s", address, "-j", "DROP", (char *)NULL);
        _exit(127);
    }
    return child < 0 ? -1 : waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    static char line[65536], address[64];
    const char *at, *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    int adding;
    (void)argc;
    self = argv[0];
    note("Starting");
    if (!fgets(line, sizeof line, stdin))
        return 255;
    note(line);
    at = strstr(line, "\"srcip\":\"");
    if (!at || sscanf(at, "\"srcip\":\"%63[0-9.]\"", address) != 1)
        return 255;
    adding = strstr(line, "\"command\":\"add\"") != NULL;
    if (adding) {
        char keys[512];
        snprintf(keys, sizeof keys,
                 "{\"version\":1,\"origin\":{\"name\":\"%s\",\"module\":\"active-response\"},"
                 "\"command\":\"check_keys\",\"parameters\":{\"keys\":[\"%s\"]}}",
                 name, address);
        note(keys);
        puts(keys);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return 255;
        note(line);
        if (!strstr(line, "\"command\":\"continue\""))
            return 0;
    }
    if (mkdir("active-response/bin/peer-lock", 0700) != 0)
        return 255;
    rule(adding ? "-I" : "-D", "INPUT", address);
    rule(adding ? "-I" : "-D", "FORWARD", address);
    rmdir("active-response/bin/peer-lock");
    note("Ended");
    return 0;
}
