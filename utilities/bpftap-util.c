/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Messages, memory, strings, numbers, clocks and signals for ovs-bpftap.
 *
 * One thread, no locks.  'stop_signal' is written by the signal handler. */

#include "bpftap-util.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "printable.h"

/* How long to wait for an answer of the switch: usually, and in all since the
 * user wanted to stop.  In milliseconds. */
#define PATIENCE 10000
#define STOP_PATIENCE 2000

static const char *command_name;
static bool status_line_shown;

static bool has_dialog;

void
bt_set_dialog(void)
{
    has_dialog = true;
}

const char *
bt_advice(const char *command_line, const char *dialog)
{
    return has_dialog ? dialog : command_line;
}

void
bt_set_command(const char *name)
{
    command_name = name;
}

static void
clear_status_line(void)
{
    if (status_line_shown) {
        fputs("\r\033[K", stderr);
        status_line_shown = false;
    }
}

/* Shows 'line' on standard error, in place of the one before.  NULL takes it
 * away. */
void
bt_status_line(const char *line)
{
    clear_status_line();
    if (line) {
        char *printable = bt_printable(line);

        fputs(printable, stderr);
        free(printable);
        status_line_shown = true;
    }
    fflush(stderr);
}

/* Returns what 'format' makes of 'args'; the caller frees it. */
static char *
bt_vasprintf(const char *format, va_list args)
{
    va_list again;
    char *s;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    s = bt_alloc(n + 1);
    vsnprintf(s, n + 1, format, args);
    return s;
}

/* Writes what 'format' makes of 'args' to 'stream', as one line of printable
 * text, whatever there is in it. */
static void
put_line(FILE *stream, const char *format, va_list args)
{
    char *text = bt_vasprintf(format, args);
    char *printable = bt_printable(text);

    fprintf(stream, "%s\n", printable);
    free(printable);
    free(text);
}

void
bt_put_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(stdout, format, args);
    va_end(args);
}

void
bt_put_name(const char *name)
{
    if (isatty(STDOUT_FILENO)) {
        bt_put_line("%s", name);
    } else {
        puts(name);
    }
}

static void
vmessage(const char *prefix, const char *format, va_list args)
{
    clear_status_line();
    fflush(stdout);
    fputs(prefix, stderr);
    put_line(stderr, format, args);
    fflush(stderr);
}

void
bt_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmessage("ovs-bpftap: ", format, args);
    va_end(args);
}

/* As bt_error(), without the program's name: for lines that are news and not
 * trouble, such as the counts at the end of a capture. */
void
bt_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmessage("", format, args);
    va_end(args);
}

void
bt_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vmessage("ovs-bpftap: ", format, args);
    va_end(args);
    exit(BT_FAILED);
}

void
bt_usage(const char *format, ...)
{
    struct bt_str s = { NULL, 0, 0 };
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bt_str_puts(&s, "ovs-bpftap");
    if (command_name) {
        bt_str_printf(&s, " %s", command_name);
    }
    bt_error("%s (\"%s --help\" shows the options)", text, bt_str_cstr(&s));
    exit(BT_FAILED);
}

void
bt_bad_option(int c, char *argv[])
{
    const char *what = c == ':' ? "needs a value" : "is unknown here";

    if (optopt && c != ':' && optopt < 256) {
        bt_usage("option -%c %s", optopt, what);
    }
    bt_usage("option %s %s", argv[optind - 1], what);
}

/* Of the first write to standard output that failed. */
static int stdout_error;

bool
bt_flush_stdout(void)
{
    errno = 0;
    if ((fflush(stdout) || ferror(stdout)) && !stdout_error) {
        stdout_error = errno ? errno : EIO; /* Of a write, not known now. */
    }
    return !stdout_error;
}

bool
bt_finish_stdout(void)
{
    if (bt_flush_stdout()) {
        return true;
    }
    if (stdout_error != EPIPE) {
        bt_error("standard output: cannot write (%s)",
                 strerror(stdout_error));
    }
    return false;
}

static void *
check_memory(void *p)
{
    if (!p) {
        bt_fatal("out of memory");
    }
    return p;
}

void *
bt_alloc(size_t size)
{
    return check_memory(malloc(size ? size : 1));
}

void *
bt_zalloc(size_t size)
{
    return check_memory(calloc(1, size ? size : 1));
}

void *
bt_realloc(void *p, size_t size)
{
    return check_memory(realloc(p, size ? size : 1));
}

char *
bt_strdup(const char *s)
{
    return check_memory(strdup(s));
}

char *
bt_printable(const char *s)
{
    return check_memory(printable_dup(s));
}

char *
bt_asprintf(const char *format, ...)
{
    va_list args;
    char *s;

    va_start(args, format);
    s = bt_vasprintf(format, args);
    va_end(args);
    return s;
}

static void
str_reserve(struct bt_str *str, size_t n)
{
    if (str->length + n + 1 > str->allocated) {
        str->allocated = 2 * (str->length + n) + 64;
        str->s = bt_realloc(str->s, str->allocated);
    }
}

void
bt_str_put(struct bt_str *str, const void *data, size_t n)
{
    str_reserve(str, n);
    if (n) {
        memcpy(str->s + str->length, data, n);
    }
    str->length += n;
    str->s[str->length] = '\0';
}

void
bt_str_puts(struct bt_str *str, const char *s)
{
    bt_str_put(str, s, strlen(s));
}

void
bt_str_printf(struct bt_str *str, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);

    str_reserve(str, n);
    va_start(args, format);
    vsnprintf(str->s + str->length, n + 1, format, args);
    va_end(args);
    str->length += n;
}

/* Appends 's' in printable form as a JSON string, quotes included. */
void
bt_str_json(struct bt_str *str, const char *s)
{
    char *printable = bt_printable(s);

    bt_str_put(str, "\"", 1);
    for (const char *p = printable; *p; p++) {
        if (*p == '"' || *p == '\\') {
            bt_str_put(str, "\\", 1);
        }
        bt_str_put(str, p, 1);
    }
    bt_str_put(str, "\"", 1);
    free(printable);
}

const char *
bt_str_cstr(const struct bt_str *str)
{
    return str->s ? str->s : "";
}

void
bt_str_clear(struct bt_str *str)
{
    str->length = 0;
    if (str->s) {
        str->s[0] = '\0';
    }
}

void
bt_str_free(struct bt_str *str)
{
    free(str->s);
    memset(str, 0, sizeof *str);
}

static void
strv_add_owned(struct bt_strv *list, char *s)
{
    list->v = bt_realloc(list->v, (list->n + 2) * sizeof *list->v);
    list->v[list->n++] = s;
    list->v[list->n] = NULL;
}

void
bt_strv_add(struct bt_strv *list, const char *s)
{
    strv_add_owned(list, bt_strdup(s));
}

void
bt_strv_addf(struct bt_strv *list, const char *format, ...)
{
    struct bt_str s = { NULL, 0, 0 };
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    str_reserve(&s, n);
    va_start(args, format);
    vsnprintf(s.s, n + 1, format, args);
    va_end(args);
    strv_add_owned(list, s.s);
}

bool
bt_strv_contains(const struct bt_strv *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(list->v[i], s)) {
            return true;
        }
    }
    return false;
}

void
bt_strv_free(struct bt_strv *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->v[i]);
    }
    free(list->v);
    list->v = NULL;
    list->n = 0;
}

uint64_t
bt_parse_uint(const char *what, const char *s, uint64_t min, uint64_t max)
{
    unsigned long long int value;
    char *end;

    errno = 0;
    value = strtoull(s, &end, 10);
    if (s[0] < '0' || s[0] > '9' || *end || errno
        || value < min || value > max) {
        bt_usage("%s: \"%s\" is not a whole number from %llu to %llu",
                 what, s, (unsigned long long int) min,
                 (unsigned long long int) max);
    }
    return value;
}

double
bt_parse_double(const char *what, const char *s, double min)
{
    double value;
    char *end;

    errno = 0;
    value = strtod(s, &end);
    if (end == s || *end || errno || !isfinite(value) || value < min) {
        bt_usage("%s: \"%s\" is not a number of at least %g", what, s, min);
    }
    return value;
}

/* Returns the seconds in the unit of time called 's', 0 if there is none. */
static double
find_unit(const char *s)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {
        { "", 1 }, { "ms", 1e-3 }, { "s", 1 }, { "m", 60 }, { "min", 60 },
        { "h", 3600 }, { "d", 86400 },
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(units); i++) {
        if (!strcmp(s, units[i].name)) {
            return units[i].seconds;
        }
    }
    return 0;
}

uint64_t
bt_parse_duration(const char *what, const char *s)
{
    double seconds;
    char *end;

    seconds = strtod(s, &end);
    seconds *= end == s ? 0 : find_unit(end);
    if (!isfinite(seconds) || seconds < 0.001) {
        bt_usage("%s: \"%s\" is no time of at least 1ms, such as 1.5, 30s, "
                 "10m, 2h or 1d", what, s);
    } else if (seconds > 1e9) {
        bt_usage("%s: %s is more than thirty years", what, s);
    }
    return (uint64_t) (seconds * 1e9);
}

char *
bt_format_duration(uint64_t ns)
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } units[] = {
        { "years", 31556952 }, { "days", 86400 }, { "hours", 3600 },
        { "minutes", 60 },
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(units); i++) {
        if (ns / BT_NSEC >= 2 * units[i].seconds) {
            return bt_asprintf("%.1f %s", ns / 1e9 / units[i].seconds,
                               units[i].name);
        }
    }
    return bt_asprintf("%.1f seconds", ns / 1e9);
}

static uint64_t
now(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (uint64_t) ts.tv_sec * BT_NSEC + ts.tv_nsec;
}

uint64_t
bt_now_mono(void)
{
    return now(CLOCK_MONOTONIC);
}

uint64_t
bt_now_real(void)
{
    return now(CLOCK_REALTIME);
}

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t n_stops;
static volatile sig_atomic_t stop_time; /* Of the first, in mono_msec(). */

/* Monotonic milliseconds, for differences: they begin again. */
static unsigned int
mono_msec(void)
{
    return bt_now_mono() / (1000 * 1000);
}

/* The handler writes to [1], bt_poll() waits for [0]: a signal that comes
 * between looking at the flag and going to sleep still ends the sleep. */
static int wake_pipe[2] = { -1, -1 };

static void
handle_signal(int signo)
{
    int error = errno;

    if (signo != SIGALRM) {
        ssize_t retval = write(wake_pipe[1], "", 1);

        (void) retval;          /* A full pipe wakes as well. */
        if (!n_stops++) {
            stop_time = mono_msec();
        }
        stop_signal = signo;
    }
    alarm(1);
    errno = error;
}

void
bt_signals_init(void)
{
    static const int caught[] = { SIGALRM, SIGINT, SIGTERM, SIGHUP };
    struct sigaction action;

    n_stops = stop_signal = 0;
    if (pipe(wake_pipe)) {
        bt_fatal("no pipe for signals (%s)", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
    }

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);

    action.sa_handler = handle_signal;
    for (size_t i = 0; i < BT_ARRAY_SIZE(caught); i++) {
        struct sigaction old;

        /* nohup(1) and shells' background jobs ignore some of them. */
        sigaction(caught[i], NULL, &old);
        if (old.sa_handler != SIG_IGN) {
            sigaction(caught[i], &action, NULL);
        }
    }
}

static const char *deadline_message;
static struct sigaction deadline_old_action;    /* Of SIGALRM. */

static void
handle_deadline(int signo)
{
    ssize_t retval = write(STDERR_FILENO, deadline_message,
                           strlen(deadline_message));

    (void) signo;
    (void) retval;
    _exit(BT_FAILED);
}

/* Has SIGPROF sent when the process has used 'seconds' of processor time, or
 * never if that is 0. */
static void
set_cpu_timer(unsigned int seconds)
{
    struct itimerval timer;

    memset(&timer, 0, sizeof timer);
    timer.it_value.tv_sec = seconds;
    setitimer(ITIMER_PROF, &timer, NULL);
}

void
bt_deadline_start(unsigned int seconds, const char *message)
{
    struct sigaction action;

    deadline_message = message;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = handle_deadline;
    /* Who wants to stop waits a second, not for the deadline. */
    sigaction(SIGALRM, &action, &deadline_old_action);
    sigaction(SIGPROF, &action, NULL);
    set_cpu_timer(seconds);
}

void
bt_deadline_end(void)
{
    set_cpu_timer(0);
    sigaction(SIGALRM, &deadline_old_action, NULL);
}

/* Gives the signals back their usual meaning, for a child about to exec. */
void
bt_signals_default(void)
{
    static const int reset[] = {
        SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGPIPE, SIGXFSZ
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(reset); i++) {
        signal(reset[i], SIG_DFL);
    }
}

int
bt_n_stops(void)
{
    return n_stops;
}

int
bt_wait_limit(void *aux, int elapsed)
{
    (void) aux;
    if (n_stops > 1) {
        return 0;
    } else if (n_stops) {
        unsigned int since = mono_msec() - stop_time;

        return since < STOP_PATIENCE ? STOP_PATIENCE - since : 0;
    }
    return PATIENCE - elapsed;
}

int
bt_stop_signal(void)
{
    return stop_signal;
}

int
bt_poll(struct pollfd *fds, size_t n, uint64_t timeout_ns)
{
    static struct pollfd *all;
    static size_t allocated;
    uint64_t ms;
    int retval;

    if (n >= allocated) {
        allocated = n + 16;
        all = bt_realloc(all, allocated * sizeof *all);
    }
    if (n) {
        memcpy(all, fds, n * sizeof *all);
    }
    all[n].fd = stop_signal ? -1 : wake_pipe[0];
    all[n].events = POLLIN;

    ms = timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
    retval = poll(all, n + 1, ms > INT_MAX ? -1 : (int) ms);
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = retval > 0 ? all[i].revents : 0;
    }
    return retval > 0 ? retval - (all[n].revents != 0) : 0;
}

int
bt_write_all(int fd, const void *data_, size_t n)
{
    const char *data = data_;

    while (n) {
        ssize_t written = write(fd, data, n);

        if (written > 0) {
            data += written;
            n -= written;
        } else if (written < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}
